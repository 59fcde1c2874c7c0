// SPDX-License-Identifier: Apache-2.0
// The rollout's arithmetic against a StatefulSet controller that follows the rules of apps/v1
// (k8s.io/kubernetes pkg/controller/statefulset/stateful_set_control.go, podManagementPolicy
// Parallel), in random order, with the feature gate MaxUnavailableStatefulSet on and off.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <sstream>
#include <string>

#include "pkg/lws/rules/groups/rollout.hpp"

using namespace lws::rules;

namespace {

enum class UnavailableGate { on, off };

struct Shape {
    int replicas = 1;
    int surge = 0;
    int unavailable = 1;
    int user_partition = 0;
};

std::string describe(const Shape& shape, UnavailableGate gate) {
    std::ostringstream out;
    out << "replicas " << shape.replicas << " surge " << shape.surge << " unavailable "
        << shape.unavailable << " partition " << shape.user_partition << " gate "
        << (gate == UnavailableGate::on ? "on" : "off");
    return out.str();
}

// One group as the cluster has it.
struct SimulatedGroup {
    bool exists = false;
    int revision = 0;
    bool ready = false;
};

// A set whose groups become ready, one step at a time.
class Cluster {
public:
    Cluster(Shape shape, UnavailableGate gate, unsigned seed)
        : shape_(shape), gate_(gate), random_(seed) {
        reconcile();
        while (controller_step() || start_one()) {
        }
        reconcile();
    }

    void change_template() {
        ++template_;
        change_ = SpecChange::just_now;
    }
    void change_shape(const Shape& shape) { shape_ = shape; }

    // One pass of the set reconciler.
    void reconcile() {
        RolloutInput input;
        input.replicas = shape_.replicas;
        input.max_surge = surge();
        input.max_unavailable = shape_.unavailable;
        input.user_partition = shape_.user_partition;
        input.change = change_;
        if (applied_) {
            input.live = LiveStatefulSet{replicas_, partition_, applied_replicas_};
            for (int i = 0; i < replicas_; ++i) {
                input.groups.push_back(state(i));
            }
        }
        const RolloutDecision decision = decide_rollout(input);
        partition_rose_ = change_ == SpecChange::none && applied_ &&
                          decision.partition > std::max(partition_, shape_.user_partition);
        partition_ = decision.partition;
        replicas_ = decision.replicas;
        applied_replicas_ = shape_.replicas;
        max_unavailable_ = std::max(1, shape_.unavailable + surge());
        stateful_set_template_ = template_;
        change_ = SpecChange::none;
        applied_ = true;
        if (groups_.size() < static_cast<std::size_t>(replicas_)) {
            groups_.resize(static_cast<std::size_t>(replicas_));
        }
    }

    // One action of the StatefulSet controller; false if there is none.
    bool controller_step() {
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            const bool wanted = static_cast<int>(i) < replicas_;
            if (!wanted && groups_[i].exists) {
                groups_[i] = {};
                return true;
            }
            if (wanted && !groups_[i].exists) {
                const bool old = static_cast<int>(i) < partition_;
                groups_[i] = {true, old ? old_revision() : stateful_set_template_, false};
                return true;
            }
        }
        return gate_ == UnavailableGate::on ? roll_with_budget() : roll_one();
    }

    // Some group that exists becomes ready; false if all are.
    bool start_one() {
        std::vector<SimulatedGroup*> waiting;
        for (SimulatedGroup& group : groups_) {
            if (group.exists && !group.ready) {
                waiting.push_back(&group);
            }
        }
        if (waiting.empty()) {
            return false;
        }
        waiting[random_() % waiting.size()]->ready = true;
        return true;
    }

    void break_one() {
        if (!groups_.empty()) {
            groups_[random_() % groups_.size()].ready = false;
        }
    }

    void random_step() {
        const auto dice = random_() % 6;
        if (dice < 2) {
            controller_step();
        } else if (dice < 4) {
            start_one();
        } else {
            reconcile();
        }
    }

    // Groups that serve, surge included.
    [[nodiscard]] int available() const {
        return static_cast<int>(std::count_if(
            groups_.begin(), groups_.end(), [](const SimulatedGroup& group) { return group.ready; }
        ));
    }
    // All groups ready and new, apart from those that the user's partition holds; surge groups
    // stay, as upstream's do, while held groups leave the budget short.
    [[nodiscard]] bool settled() const {
        int unready = 0;
        for (int i = 0; i < static_cast<int>(groups_.size()); ++i) {
            const SimulatedGroup& group = groups_[static_cast<std::size_t>(i)];
            const bool held = i < shape_.user_partition;
            const bool updated = group.revision == template_;
            if (i >= replicas_ ? group.exists : !group.ready || (!held && !updated)) {
                return false;
            }
            unready += i < shape_.replicas && !updated ? 1 : 0;
        }
        return partition_ == shape_.user_partition &&
               replicas_ == want_replicas(shape_.replicas, surge(), shape_.unavailable, unready);
    }
    [[nodiscard]] bool partition_rose() const { return partition_rose_; }
    [[nodiscard]] int replicas() const { return replicas_; }
    [[nodiscard]] unsigned random() { return static_cast<unsigned>(random_()); }

private:
    [[nodiscard]] int surge() const { return std::min(shape_.surge, shape_.replicas); }
    [[nodiscard]] int old_revision() const { return std::max(stateful_set_template_ - 1, 0); }

    [[nodiscard]] GroupState state(int index) const {
        const SimulatedGroup& group = groups_[static_cast<std::size_t>(index)];
        return {group.ready, group.exists && group.revision == template_};
    }

    // One at a time from the top, and only when those above are ready.
    bool roll_one() {
        for (int i = replicas_ - 1; i >= partition_; --i) {
            SimulatedGroup& group = groups_[static_cast<std::size_t>(i)];
            if (group.revision != stateful_set_template_) {
                group = {};
                return true;
            }
            if (!group.ready) {
                return false;
            }
        }
        return false;
    }

    // As many as maxUnavailable allows of all its pods, from the top; broken ones cost nothing.
    bool roll_with_budget() {
        int unavailable = 0;
        for (int i = 0; i < replicas_; ++i) {
            unavailable += groups_[static_cast<std::size_t>(i)].ready ? 0 : 1;
        }
        for (int i = replicas_ - 1; i >= partition_; --i) {
            SimulatedGroup& group = groups_[static_cast<std::size_t>(i)];
            if (group.revision == stateful_set_template_) {
                continue;
            }
            if (!group.ready || unavailable < max_unavailable_) {
                group = {};
                return true;
            }
        }
        return false;
    }

    Shape shape_;
    UnavailableGate gate_;
    std::minstd_rand random_;
    std::vector<SimulatedGroup> groups_;
    SpecChange change_ = SpecChange::none;
    int template_ = 0;
    int stateful_set_template_ = 0;
    int replicas_ = 0;
    int partition_ = 0;
    int applied_replicas_ = 0;
    int max_unavailable_ = 1;
    bool applied_ = false;
    bool partition_rose_ = false;
};

bool finishes(Cluster& cluster) {
    for (int step = 0; step < 400; ++step) {
        cluster.reconcile();
        while (cluster.controller_step()) {
        }
        cluster.start_one();
        if (cluster.settled()) {
            return true;
        }
    }
    return false;
}

template <class Visit>
int for_each_shape(int max_replicas, Visit visit) {
    int shapes = 0;
    for (int replicas = 0; replicas <= max_replicas; ++replicas) {
        for (int surge = 0; surge <= 3; ++surge) {
            for (int unavailable = 0; unavailable <= 3; ++unavailable) {
                for (int partition = 0; partition <= std::min(replicas, 2); ++partition) {
                    if (surge + unavailable > 0) {
                        visit(Shape{replicas, surge, unavailable, partition});
                        ++shapes;
                    }
                }
            }
        }
    }
    return shapes;
}

constexpr auto kGates = {UnavailableGate::on, UnavailableGate::off};

}  // namespace

// A group that is down before the rollout begins uses up the budget. (Two of them may bring one
// group more down than the budget says: upstream does not count those between the new base and the
// partition, and the formulas are kept equal.)
TEST_CASE("a rollout never takes more groups than the budget allows", "[rollout][simulation]") {
    const int shapes = for_each_shape(6, [](const Shape& shape) {
        for (const UnavailableGate gate : kGates) {
            for (unsigned seed = 1; seed <= 12; ++seed) {
                Cluster cluster(shape, gate, seed);
                INFO(describe(shape, gate) << " seed " << seed);
                if (seed % 2 == 0) {
                    cluster.break_one();
                }
                const int down = shape.replicas - cluster.available();
                const int budget = std::max(shape.unavailable, down);
                cluster.change_template();
                cluster.reconcile();
                int least = cluster.available();
                bool rose = false;
                for (int step = 0; step < 120; ++step) {
                    cluster.random_step();
                    least = std::min(least, cluster.available());
                    rose = rose || cluster.partition_rose();
                }
                REQUIRE(least >= shape.replicas - budget);
                REQUIRE_FALSE(rose);
                REQUIRE(finishes(cluster));
            }
        }
    });
    CHECK(shapes == 270);
}

TEST_CASE("a rollout ends whatever happens in the middle", "[rollout][simulation]") {
    for_each_shape(5, [](const Shape& shape) {
        for (const UnavailableGate gate : kGates) {
            for (unsigned seed = 1; seed <= 6; ++seed) {
                Cluster cluster(shape, gate, seed);
                INFO(describe(shape, gate) << " seed " << seed);
                for (int step = 0; step < 150; ++step) {
                    const unsigned dice = cluster.random() % 40;
                    if (dice == 0) {
                        cluster.change_template();
                        cluster.reconcile();
                    } else if (dice == 1) {
                        Shape other = shape;
                        other.replicas = static_cast<int>(cluster.random() % 7);
                        cluster.change_shape(other);
                    } else if (dice < 4) {
                        cluster.break_one();
                    } else {
                        cluster.random_step();
                    }
                    REQUIRE(cluster.replicas() <= 6 + 3);
                }
                cluster.change_shape(shape);
                REQUIRE(finishes(cluster));
            }
        }
    });
}

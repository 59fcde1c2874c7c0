// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/http/metrics.hpp"

#include <dirent.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "pkg/lws/config/build_info.hpp"

namespace lws::http {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily single(std::string name, std::string help, MetricType type, double value) {
    prometheus::ClientMetric metric;
    if (type == MetricType::Counter) {
        metric.counter.value = value;
    } else {
        metric.gauge.value = value;
    }
    return {std::move(name), std::move(help), type, {std::move(metric)}};
}

MetricFamily build_info_family() {
    const config::BuildInfo& info = config::build_info();
    MetricFamily family =
        single("lws_build_info", "What this program was built from.", MetricType::Gauge, 1);
    family.metric.front().label = {
        {"version", std::string(info.version)}, {"commit", std::string(info.commit)}
    };
    return family;
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Memory {
    double virtual_bytes = 0;
    double resident_bytes = 0;
};

Memory memory() {
    Memory result;
    if (std::FILE* const file = std::fopen("/proc/self/statm", "re")) {
        long pages = 0;
        long resident = 0;
        if (std::fscanf(file, "%ld %ld", &pages, &resident) == 2) {
            const auto page_size = static_cast<double>(sysconf(_SC_PAGESIZE));
            result.virtual_bytes = static_cast<double>(pages) * page_size;
            result.resident_bytes = static_cast<double>(resident) * page_size;
        }
        std::fclose(file);
    }
    return result;
}

double open_files() {
    double count = 0;
    if (DIR* const folder = opendir("/proc/self/fd")) {
        while (readdir(folder) != nullptr) {
            ++count;
        }
        closedir(folder);
        count -= 3;  // `.`, `..` and the folder itself
    }
    return count;
}

double most_files() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<double>(limit.rlim_cur);
}

}  // namespace

ProcessMetrics::ProcessMetrics() : start_time_seconds_(static_cast<double>(std::time(nullptr))) {}

std::vector<MetricFamily> ProcessMetrics::Collect() const {
    const Memory used = memory();
    return {
        build_info_family(),
        single(
            "process_cpu_seconds_total", "Processor time used.", MetricType::Counter, cpu_seconds()
        ),
        single(
            "process_resident_memory_bytes",
            "Resident memory.",
            MetricType::Gauge,
            used.resident_bytes
        ),
        single(
            "process_virtual_memory_bytes", "Virtual memory.", MetricType::Gauge, used.virtual_bytes
        ),
        single("process_open_fds", "Open file descriptors.", MetricType::Gauge, open_files()),
        single(
            "process_max_fds",
            "Most file descriptors that may be open.",
            MetricType::Gauge,
            most_files()
        ),
        single(
            "process_start_time_seconds",
            "Start of the process, seconds since 1970.",
            MetricType::Gauge,
            start_time_seconds_
        ),
    };
}

void add_metrics_route(
    Router& router, std::vector<std::shared_ptr<prometheus::Collectable>> collectables
) {
    const auto answer = [collectables = std::move(collectables)](Request&, Response& response) {
        std::vector<MetricFamily> families;
        for (const auto& collectable : collectables) {
            auto some = collectable->Collect();
            families.insert(
                families.end(),
                std::make_move_iterator(some.begin()),
                std::make_move_iterator(some.end())
            );
        }
        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
        response.body = prometheus::TextSerializer().Serialize(families);
    };
    router.add({"/metrics", Method::get, 0, answer});
}

}  // namespace lws::http

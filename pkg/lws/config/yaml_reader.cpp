// SPDX-License-Identifier: Apache-2.0
#include "pkg/lws/config/yaml_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "pkg/lws/config/duration.hpp"

namespace lws::config::yaml {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1024} * 1024;
constexpr std::string_view kApiVersion = "config.lws.x-k8s.io/v1alpha1";

// yaml-cpp tags quoted scalars `!` and plain ones `?`.
bool is_plain(const YAML::Node& node) {
    return node.IsScalar() && node.Tag() != "!";
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> texts) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
}

// YAML 1.1 words, which Kubernetes' YAML reader takes too.
bool is_true(std::string_view text) {
    return is_one_of(
        text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"}
    );
}

bool is_false(std::string_view text) {
    return is_one_of(
        text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"}
    );
}

template <class T>
bool parse_number(std::string_view text, T& out) {
    if (!text.empty() && text.front() == '+') {
        text.remove_prefix(1);
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string_view type_name(const YAML::Node& node) {
    if (node.IsMap()) {
        return "an object";
    }
    if (node.IsSequence()) {
        return "a list";
    }
    if (!is_plain(node)) {
        return "a text";
    }
    const std::string& text = node.Scalar();
    double number = 0;
    if (is_true(text) || is_false(text)) {
        return "a boolean";
    }
    return parse_number(text, number) ? "a number" : "a text";
}

std::string place(const YAML::Mark& mark) {
    if (mark.is_null()) {
        return {};
    }
    return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) +
           ": ";
}

[[noreturn]] void fail_at(
    const YAML::Mark& mark, const std::string& path, std::string_view problem
) {
    throw Failure(place(mark) + (path.empty() ? "" : path + ": ") + std::string(problem));
}

std::string expected(std::string_view what, const YAML::Node& node) {
    return "expected " + std::string(what) + ", got " + std::string(type_name(node));
}

Value only_document(std::string_view text) {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty() || documents.front().IsNull()) {
        throw Failure("the file is empty");
    }
    if (documents.size() > 1) {
        fail_at(documents[1].Mark(), "", "expected one document, got a second one");
    }
    return Value{documents.front(), ""};
}

// The type comes first: with another kind every further complaint would mislead.
void check_type(const Value& root, std::string_view kind) {
    if (!root.node.IsMap()) {
        root.fail(expected("an object", root.node));
    }
    const std::array<std::pair<std::string, std::string_view>, 2> wanted{
        {{"apiVersion", kApiVersion}, {"kind", kind}}
    };
    for (const auto& [name, value] : wanted) {
        const YAML::Node node = root.node[name];
        if (!node || !node.IsScalar() || node.Scalar() != value) {
            const YAML::Mark mark = node ? node.Mark() : root.node.Mark();
            fail_at(mark, name, "must be \"" + std::string(value) + '"');
        }
    }
}

}  // namespace

void Value::fail(std::string_view problem) const {
    fail_at(node.Mark(), path, problem);
}

bool Value::boolean() const {
    if (is_plain(node) && is_true(node.Scalar())) {
        return true;
    }
    if (!is_plain(node) || !is_false(node.Scalar())) {
        fail(expected("true or false", node));
    }
    return false;
}

std::int64_t Value::integer(std::int64_t least, std::int64_t most) const {
    std::int64_t number = 0;
    if (!is_plain(node) || !parse_number(node.Scalar(), number)) {
        fail(expected("an integer", node));
    }
    if (number < least || number > most) {
        fail("must be from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return number;
}

double Value::number() const {
    double result = 0;
    if (!is_plain(node) || !parse_number(node.Scalar(), result) || !std::isfinite(result)) {
        fail(expected("a number", node));
    }
    return result;
}

std::string Value::string() const {
    if (!node.IsScalar() || type_name(node) != "a text") {
        const std::string_view hint = node.IsScalar() ? " (put it in quotes)" : "";
        fail(expected("a text", node) + std::string(hint));
    }
    return node.Scalar();
}

std::chrono::nanoseconds Value::duration() const {
    return checked(parse_duration(string()));
}

std::vector<Value> Value::items() const {
    if (!node.IsSequence()) {
        fail(expected("a list", node));
    }
    std::vector<Value> result;
    result.reserve(node.size());
    for (std::size_t i = 0; i < node.size(); ++i) {
        result.push_back(Value{node[i], path + '[' + std::to_string(i) + ']'});
    }
    return result;
}

void read_object(const Value& object, std::initializer_list<Field> fields) {
    if (!object.node.IsMap()) {
        object.fail(expected("an object", object.node));
    }
    std::set<std::string> seen;
    for (const auto& member : object.node) {
        const std::string name = member.first.IsScalar() ? member.first.Scalar() : "?";
        const std::string path = object.path.empty() ? name : object.path + '.' + name;
        const auto* const field =
            std::find_if(fields.begin(), fields.end(), [&](const Field& candidate) {
                return candidate.name == name;
            });
        if (field == fields.end()) {
            fail_at(member.first.Mark(), path, "unknown field");
        }
        if (!seen.insert(name).second) {
            fail_at(member.first.Mark(), path, "given twice");
        }
        if (field->read && !member.second.IsNull()) {
            field->read(Value{member.second, path});
        }
    }
}

Result<void> read_document(
    std::string_view text, std::string_view kind, const std::function<void(const Value&)>& read
) {
    if (text.size() > kMaxBytes) {
        return Error(ErrorCode::too_large, "the file is larger than 1 MiB");
    }
    try {
        const Value root = only_document(text);
        check_type(root, kind);
        read(root);
        return {};
    } catch (const Failure& failure) {
        return Error(ErrorCode::invalid_input, failure.what());
    } catch (const YAML::Exception& exception) {
        return Error(ErrorCode::invalid_input, place(exception.mark) + exception.msg);
    }
}

}  // namespace lws::config::yaml

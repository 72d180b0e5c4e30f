// SPDX-License-Identifier: MIT
#include "prune_steps.hpp"

#include <charconv>

namespace cli {
namespace {

std::vector<std::string> fields_of(const std::string& text, char between) {
  std::vector<std::string> fields{""};
  for (const char c : text) {
    if (c == between)
      fields.emplace_back();
    else
      fields.back() += c;
  }
  return fields;
}

template <class Number>
Number number_of(const std::string& text, const char* what) {
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) {
    detent::fail("'", text, "' is no ", what);
  }
  return number;
}

/// With a decimal point a fraction, without one a count.
detent::amount amount_of(const std::string& text) {
  const bool fraction = text.find('.') != std::string::npos;
  const detent::amount pruned = fraction ? detent::amount(number_of<double>(text, "amount"))
                                         : detent::amount(number_of<long long>(text, "amount"));
  pruned.check();
  return pruned;
}

std::size_t size_of(const std::string& text, const char* what) { return number_of<std::size_t>(text, what); }

detent::norm norm_of(const std::string& text) {
  if (text == "l1") return detent::norm::l1;
  if (text == "l2") return detent::norm::l2;
  if (text == "max") return detent::norm::max;
  detent::fail("'", text, "' is no norm; choose one of l1, l2, max");
}

std::vector<std::string> exactly(const prune_step_text& text, char between, std::size_t count, const char* form) {
  std::vector<std::string> fields = fields_of(text.value, between);
  if (fields.size() != count) detent::fail("'", text.value, "' is not of the form ", form);
  return fields;
}

prune_step blocks_of(const prune_step_text& text) {
  const auto fields = exactly(text, ':', 2, "ROWSxCOLS:AMOUNT");
  const auto size = fields_of(fields[0], 'x');
  if (size.size() != 2) detent::fail("'", text.value, "' is not of the form ROWSxCOLS:AMOUNT");
  const detent::blocks step(size_of(size[0], "number of rows"), size_of(size[1], "number of columns"),
                            amount_of(fields[1]));
  static_cast<void>(step.box({1, 1}));  // refuses blocks without elements
  return step;
}

prune_step heads_of(const prune_step_text& text) {
  const auto fields = fields_of(text.value, ':');
  if (fields.size() < 3 || fields.size() > 4 || fields[0].empty()) {
    detent::fail("'", text.value, "' is not of the form NAME:COUNT:AMOUNT[:AXIS]");
  }
  const std::size_t axis = fields.size() == 4 ? size_of(fields[3], "axis") : 0;
  return prune_heads{fields[0], detent::heads(size_of(fields[1], "number of heads"), amount_of(fields[2]), axis)};
}

}  // namespace

prune_step step_of(const prune_step_text& text) {
  if (text.option == "magnitude") return detent::magnitude(amount_of(text.value));
  if (text.option == "random") return prune_random{amount_of(text.value)};
  if (text.option == "blocks") return blocks_of(text);
  if (text.option == "heads") return heads_of(text);
  if (text.option == "threshold") {
    const float limit = number_of<float>(text.value, "number");
    if (!(limit >= 0)) detent::fail("'", text.value, "' is not 0 or more");
    return detent::threshold(limit);
  }
  if (text.option == "nm") {
    const auto fields = exactly(text, ':', 2, "N:M");
    const prune_n_of_m step{size_of(fields[0], "number"), size_of(fields[1], "number")};
    static_cast<void>(detent::n_of_m(step.n, step.m).padded().axis_of(detent::extents(1)));
    return step;
  }
  const auto fields = exactly(text, ':', 3, "NORM:AXIS:AMOUNT");
  return detent::channels(size_of(fields[1], "axis"), amount_of(fields[2]), norm_of(fields[0]));
}

std::string why_no_step(const std::string& option, const std::string& value) {
  try {
    static_cast<void>(step_of({option, value}));
  } catch (const detent::error& e) {
    return e.what();
  }
  return {};
}

}  // namespace cli

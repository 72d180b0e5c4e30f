// SPDX-License-Identifier: MIT
//
// detent: quantizes and prunes the checkpoints of neural networks.
//
// With --json one object goes to the standard output, and the text for people to the standard error.
// Exit code 0: done. 1: the input was refused, with one sentence. 2: wrong usage.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <utility>

#include "commands.hpp"
#include "detent/core/error.hpp"
#include "detent/core/version.hpp"
#include "precision.hpp"

namespace {

std::string version_text() {
  return std::to_string(DETENT_VERSION_MAJOR) + "." + std::to_string(DETENT_VERSION_MINOR) + "." +
         std::to_string(DETENT_VERSION_PATCH);
}

/// Prints a report where it belongs.
void print(const cli::report& result, bool json) {
  (json ? std::cerr : std::cout) << result.text;
  if (json) std::cout << result.json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  std::cout.flush();
  if (!std::cout) detent::fail("the report cannot be written to the standard output");
}

/// A precision's name is an argument: a wrong one is wrong usage.
std::string known_precision(const std::string& name) {
  try {
    static_cast<void>(program::precision_of(name));
  } catch (const detent::error& e) {
    return e.what();
  }
  return {};
}

struct arguments {
  bool json = false;
  cli::inspect_arguments inspect;
  cli::quantize_arguments quantize;
  cli::dequantize_arguments dequantize;
  cli::compare_arguments compare;
  cli::prune_arguments prune;
  std::vector<std::string> steps;  // of prune, read by their order instead
};

void add_common(CLI::App& command, bool& json, int& threads) {
  command.add_flag("--json", json, "one JSON object on the standard output");
  command.add_option("--threads", threads, "number of threads; 0: all")->check(CLI::Range(0, 1024));
}

void add_compact(CLI::App& prune, cli::prune_arguments& to) {
  CLI::Option* compact =
      prune.add_flag("--compact", to.compact, "remove what --structured and --heads prune, in all coupled tensors");
  for (const char* other : {"--magnitude", "--random", "--nm", "--blocks", "--threshold", "--sparse-storage"}) {
    compact->excludes(prune.get_option(other));
  }
  prune
      .add_option("--couple", to.couple,
                  "NAME:AXIS=NAME:AXIS[:BLOCK]: what follows an axis, where names do not say; with one * on each side")
      ->allow_extra_args(false)
      ->needs(compact)
      ->check(cli::why_no_coupling);
}

void describe_prune(CLI::App& app, arguments& to) {
  CLI::App* prune = app.add_subcommand(
      "prune", "zero what matters least, step by step in the order given; 0.3: a fraction of what is left, 3: a count");
  prune->add_option("IN", to.prune.in, "a .safetensors file, or the index of several")->required();
  prune->add_option("-o,--output", to.prune.out, "the file to write")->required();
  const std::pair<const char*, const char*> steps[] = {
      {"--magnitude", "AMOUNT: the elements of least magnitude"},
      {"--random", "AMOUNT: elements by lot"},
      {"--structured", "NORM:AXIS:AMOUNT: whole channels, by l1, l2 or max"},
      {"--nm", "N:M: all but N of every M along the inputs"},
      {"--blocks", "ROWSxCOLS:AMOUNT: whole blocks of matrices, by l1"},
      {"--threshold", "LIMIT: the elements of magnitudes below it"},
      {"--heads", "NAME:COUNT:AMOUNT[:AXIS]: of the COUNT attention heads of tensors NAME, those of least l2"},
  };
  for (const auto& [name, text] : steps) {
    const std::string option = name + 2;
    prune->add_option(name, to.steps, text)->allow_extra_args(false)->check([option](const std::string& value) {
      return cli::why_no_step(option, value);
    });
  }
  prune->add_flag("--global", to.prune.global, "rank magnitudes over all tensors together");
  prune->add_flag("--pad", to.prune.pad, "allow --nm where M does not divide the inputs");
  prune->add_flag("--keep-nan", to.prune.keep_nan, "prune NaN last, and refuse it not");
  prune
      ->add_option("--sparse-storage", to.prune.sparse_storage, "store pruned matrices NAME.weight without their zeros")
      ->check(CLI::IsMember({"bitmask", "2:4", "csr"}));
  add_compact(*prune, to.prune);
  prune->add_option("--seed", to.prune.seed, "of --random");
  prune->add_option("--include", to.prune.include, "only tensors of these names (with * and ?), whatever they are")
      ->allow_extra_args(false);
  prune->add_option("--exclude", to.prune.exclude, "but not these")->allow_extra_args(false);
  add_common(*prune, to.json, to.prune.threads);
}

/// The steps of prune, each with its value, in the order given.
std::vector<cli::prune_step_text> steps_in_order(const CLI::App& prune) {
  std::vector<cli::prune_step_text> steps;
  std::map<const CLI::Option*, std::size_t> seen;
  for (const CLI::Option* option : prune.parse_order()) {
    const std::string name = option->get_single_name();
    for (const char* step : {"magnitude", "random", "structured", "nm", "blocks", "threshold", "heads"}) {
      if (name == step) steps.push_back({name, option->results().at(seen[option]++)});
    }
  }
  return steps;
}

void describe(CLI::App& app, arguments& to) {
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text());

  CLI::App* inspect = app.add_subcommand("inspect", "list the tensors of a checkpoint");
  inspect->add_option("FILE", to.inspect.file, "a .safetensors file, or the index of several")->required();
  inspect->add_flag("--stats", to.inspect.stats, "count what is not zero");
  add_common(*inspect, to.json, to.inspect.threads);

  CLI::App* quantize = app.add_subcommand("quantize", "quantize a checkpoint");
  quantize->add_option("IN", to.quantize.in, "a .safetensors file, or the index of several")->required();
  quantize->add_option("-o,--output", to.quantize.out, "the file to write")->required();
  quantize->add_option("--to", to.quantize.to, "the precision")->required()->check(known_precision);
  quantize
      ->add_option("--include", to.quantize.include, "only tensors of these names (with * and ?), whatever they are")
      ->allow_extra_args(false);
  quantize->add_option("--exclude", to.quantize.exclude, "but not these")->allow_extra_args(false);
  add_common(*quantize, to.json, to.quantize.threads);

  CLI::App* dequantize =
      app.add_subcommand("dequantize", "make floats of all that is quantized, and dense what is sparse");
  dequantize->add_option("IN", to.dequantize.in, "a .safetensors file, or the index of several")->required();
  dequantize->add_option("-o,--output", to.dequantize.out, "the file to write")->required();
  dequantize->add_option("--to", to.dequantize.to, "fp32, fp16 or bf16")
      ->check(CLI::IsMember({"fp32", "fp16", "bf16"}));
  add_common(*dequantize, to.json, to.dequantize.threads);

  CLI::App* compare = app.add_subcommand("compare", "the error of B's tensors against A's");
  compare->add_option("A", to.compare.a, "the reference")->required();
  compare->add_option("B", to.compare.b, "the approximation")->required();
  add_common(*compare, to.json, to.compare.threads);

  describe_prune(app, to);
}

cli::report run(const CLI::App& app, const arguments& with) {
  if (app.got_subcommand("inspect")) return cli::inspect(with.inspect);
  if (app.got_subcommand("quantize")) return cli::quantize(with.quantize);
  if (app.got_subcommand("dequantize")) return cli::dequantize(with.dequantize);
  if (app.got_subcommand("prune")) return cli::prune(with.prune);
  return cli::compare(with.compare);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("detent quantizes and prunes the checkpoints of neural networks.", "detent");
  arguments with;
  describe(app, with);
  try {
    app.parse(argc, argv);
    with.prune.steps = steps_in_order(*app.get_subcommand("prune"));
    if (app.got_subcommand("prune") && with.prune.steps.empty()) {
      throw CLI::RequiredError("prune: one step at least (--magnitude, --nm, …)");
    }
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    print(run(app, with), with.json);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "detent: %s\n", e.what());
    return 1;
  }
  return 0;
}

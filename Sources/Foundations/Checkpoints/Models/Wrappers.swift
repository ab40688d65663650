import Diagnostics
import Foundation

/// What programs put around the names of a network's tensors, taken off again.
///
/// `torch.compile` puts `_orig_mod.` before the names of what it compiled, `DataParallel` and its kin
/// `module.`; trainers keep networks as members of their own (`model.`, `ema.`, `params_ema.`).
enum Wrappers {
  private static let anywhere: Set<Substring> = ["_orig_mod", "module"]
  private static let outermost: Set<Substring> = [
    "checkpoint", "ema", "ema_model", "model", "model_ema", "model_state_dict", "net", "network",
    "params", "params_ema", "state_dict", "weights",
  ]

  /// The source under the names that the networks themselves give their tensors.
  /// - Parameter isKnown: whether names are those of a layout that is read here; then nothing that may be
  ///   a part of it is taken off.
  /// - Throws: `CheckpointError` where several sets of weights are there and none is meant.
  static func unwrapped(
    _ source: any WeightSource, isKnown: (any WeightSource) -> Bool
  ) throws -> any WeightSource {
    let source = try renamed(source) { name in
      name.split(separator: ".", omittingEmptySubsequences: false)
        .filter { !anywhere.contains($0) }.joined(separator: ".")
    }
    let outer = Dictionary(grouping: source.names) { $0.prefix { $0 != "." } }
    guard !outer.isEmpty, !isKnown(source), outer.keys.allSatisfy(outermost.contains),
      source.names.allSatisfy({ $0.contains(".") })
    else { return source }
    guard outer.count == 1 else {
      let sets = outer.map { (String($0), $1.map { String($0.drop { $0 != "." }.dropFirst()) }) }
      throw CheckpointError.unsupported(
        file: source.origin, reason: ambiguity(Dictionary(uniqueKeysWithValues: sets)))
    }
    return try unwrapped(
      renamed(source) { String($0.drop { $0 != "." }.dropFirst()) }, isKnown: isKnown)
  }

  /// The source under new names; as it is where none is new, or where two tensors would get one name.
  private static func renamed(
    _ source: any WeightSource, _ rename: (String) -> String
  ) throws -> any WeightSource {
    let new = source.names.map(rename)
    guard new != source.names, Set(new).count == new.count, !new.contains("") else { return source }
    return try WeightSection(all: source).renamed { (rename($0), $1) }
  }

  /// The complaint about several sets of weights, which are given by the names of their tensors.
  static func ambiguity(_ sets: [String: [String]]) -> String {
    if let kind = sets.values.compactMap(CheckpointKind.of(names:)).first { return kind.sentence }
    let list = sets.sorted { $0.key < $1.key }.prefix(4).map {
      "\($0.key.quoted) (\($0.value.count) tensors)"
    }
    return "holds several sets of weights: \(list.joined(separator: ", "))"
      + (sets.count > 4 ? " and others" : "") + "; save the one that is meant in a file of its own"
  }
}

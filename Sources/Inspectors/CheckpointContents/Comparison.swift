import Checkpoints
import Foundation

/// What sets two sets of weights apart, tensor by tensor.
package struct Comparison: Sendable {
  /// What became of one tensor.
  package enum Status: String, Sendable {
    case same
    case changed
    case otherShape = "other shape"
    case notRead = "not read"
    case onlyHere = "only here"
    case onlyThere = "only there"
  }

  /// One tensor of either.
  package struct Entry: Sendable {
    /// Its name in the first, or where it is missing there, in the second.
    package let name: String
    package let status: Status
    /// Nil where it is missing.
    package let one: ListedTensor?
    package let other: ListedTensor?
    /// Nil where there is nothing to compare.
    package let difference: TensorDifference?

    package var module: String { Module.path(of: name) }
  }

  package let matching: Matching
  /// In natural order of the names.
  package let entries: [Entry]

  /// Compares the numbers of all pairs.
  /// - Parameter advance: called after each lot of work.
  package init(_ matching: Matching, advance: () -> Void = {}) throws {
    self.matching = matching
    let differences = try matching.differences(advance: advance)
    let pairs = zip(matching.pairs, differences).map { pair, difference in
      let status: Status =
        if !pair.isComparable { .otherShape } else if let difference {
          difference.differing > 0 ? .changed : .same
        } else { .notRead }
      return Entry(
        name: pair.one.name, status: status, one: pair.one, other: pair.other,
        difference: difference)
    }
    let lone =
      matching.onlyInOne.map {
        Entry(name: $0.name, status: .onlyHere, one: $0, other: nil, difference: nil)
      }
      + matching.onlyInOther.map {
        Entry(name: $0.name, status: .onlyThere, one: nil, other: $0, difference: nil)
      }
    entries = (pairs + lone).sorted {
      $0.name.compare($1.name, options: .numeric) == .orderedAscending
    }
  }

  package func count(_ status: Status) -> Int { entries.count { $0.status == status } }

  /// The tensors that changed, the most first.
  package var mostChanged: [Entry] {
    entries.filter { $0.status == .changed }.sorted {
      ($1.difference?.relative ?? 0, $0.name) < ($0.difference?.relative ?? 0, $1.name)
    }
  }

  /// One module of the comparison.
  package struct ModuleChange: Sendable {
    package let path: String
    package let compared: Int
    package let changed: Int
    /// Tensors that only one of them has.
    package let unpaired: Int
    /// Tensors that both have, in shapes that differ or in a format that is not read.
    package let incomparable: Int
    /// Of all numbers in the module together.
    package let difference: TensorDifference
  }

  /// By module, with all that lies below it, in order.
  package var modules: [ModuleChange] {
    let tree = Module(
      names: entries.map(\.name), counts: entries.map { ($0.one ?? $0.other)?.elementCount ?? 0 })
    return tree.groups(of: 40).map { path, places in
      let members = places.map { entries[$0] }
      var total = TensorDifference()
      for difference in members.compactMap(\.difference) { total.merge(difference) }
      return ModuleChange(
        path: path, compared: members.count { $0.difference != nil },
        changed: members.count { $0.status == .changed },
        unpaired: members.count { [.onlyHere, .onlyThere].contains($0.status) },
        incomparable: members.count { [.otherShape, .notRead].contains($0.status) },
        difference: total)
    }
  }
}

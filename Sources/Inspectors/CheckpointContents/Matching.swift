import Checkpoints

/// Which tensor of one listing is compared with which of another: those of one name. Where no name is in
/// both, one of them may keep a network within a whole, under a prefix that is then taken off.
package struct Matching: Sendable {
  /// Tensors of one name.
  package struct Pair: Sendable {
    package let one: ListedTensor
    package let other: ListedTensor
    /// Whether both have the same shape, so that their numbers can be compared.
    package var isComparable: Bool { one.shape == other.shape && one.shape != nil }
  }

  /// What names of the first have before those of the second; empty where they are equal.
  package private(set) var prefix = ""
  /// The same the other way about.
  package private(set) var otherPrefix = ""
  /// In the order of the first.
  package private(set) var pairs: [Pair] = []
  package private(set) var onlyInOne: [ListedTensor] = []
  package private(set) var onlyInOther: [ListedTensor] = []
  /// The second listing's path.
  package let otherPath: String

  package init(_ one: WeightListing, _ other: WeightListing) {
    otherPath = other.path
    let (names, others) = (one.tensors.map(\.name), other.tensors.map(\.name))
    if Set(names).isDisjoint(with: others) {
      prefix = Self.prefix(of: names, before: others)
      if prefix.isEmpty { otherPrefix = Self.prefix(of: others, before: names) }
    }
    var left = Dictionary(other.tensors.map { ($0.name, $0) }) { first, _ in first }
    for tensor in one.tensors {
      let name =
        otherPrefix
        + tensor.name.dropFirst(
          tensor.name.hasPrefix(prefix) ? prefix.count : 0)
      if let match = left.removeValue(forKey: name) {
        pairs.append(Pair(one: tensor, other: match))
      } else {
        onlyInOne.append(tensor)
      }
    }
    onlyInOther = other.tensors.filter { left[$0.name] != nil }
  }

  /// What most names of one list have before those of another; empty where nothing fits.
  private static func prefix(of names: [String], before others: [String]) -> String {
    let all = Set(names)
    var candidates: Set<String> = []
    for other in others.prefix(3) {
      for name in names where name.hasSuffix("." + other) || name.hasSuffix("/" + other) {
        candidates.insert(String(name.dropLast(other.count)))
      }
    }
    let hits = candidates.prefix(20).map { prefix in
      (prefix: prefix, count: others.count { all.contains(prefix + $0) })
    }
    return hits.max { ($0.count, $1.prefix) < ($1.count, $0.prefix) }?.prefix ?? ""
  }

  private var compared: [(ListedTensor, ListedTensor)] {
    pairs.filter(\.isComparable).map { ($0.one, $0.other) }
  }

  /// How often `differences` tells how far it is.
  var lots: Int { WeightListing.lots(of: compared) }

  /// The difference of each pair that is comparable; nil for the others, and where a number format is
  /// not read here.
  func differences(advance: () -> Void) throws -> [TensorDifference?] {
    var found = try WeightListing.differences(compared, advance: advance)[...]
    return pairs.map { $0.isComparable ? found.removeFirst() : nil }
  }
}

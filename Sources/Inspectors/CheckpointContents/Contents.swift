import Checkpoints
import Foundation
import Records

/// What a weight file or folder holds: what it is, its tensors in the order of their numbers within
/// names, and what their numbers are like.
package struct Contents: Sendable {
  /// A tensor with its statistics.
  package struct Entry: Sendable {
    package let tensor: ListedTensor
    /// Its module: the name without its last part.
    package let module: String
    /// Nil where they were not asked for, or the number format is not read here.
    package let statistics: TensorStatistics?
  }

  package let listing: WeightListing
  package let identity: WeightIdentity
  /// In natural order: `blocks.2` before `blocks.10`.
  package let entries: [Entry]
  /// Whether numbers were read at all.
  package let isMeasured: Bool
  /// SHA-256 of each file of the listing; empty where they were not asked for.
  package var digests: [String?] = []

  /// - Parameter statistics: one for each tensor of the listing; nil where only headers were read.
  package init(_ listing: WeightListing, _ statistics: [TensorStatistics?]?) {
    self.listing = listing
    identity = WeightIdentity(of: listing)
    isMeasured = statistics != nil
    entries = listing.tensors.enumerated().map { place, tensor in
      Entry(
        tensor: tensor, module: Module.path(of: tensor.name), statistics: statistics?[place])
    }.sorted { $0.tensor.name.compare($1.tensor.name, options: .numeric) == .orderedAscending }
  }

  /// Numbers in all tensors together.
  package var parameters: Int { entries.reduce(0) { $0 + $1.tensor.elementCount } }
  /// Bytes of all files together.
  package var bytes: Int { listing.files.reduce(0) { $0 + $1.byteCount } }

  /// The number formats with how many tensors and numbers have them, the most frequent first.
  package var types: [(name: String, tensors: Int, numbers: Int)] {
    Dictionary(grouping: entries, by: \.tensor.type).map { name, entries in
      (name, entries.count, entries.reduce(0) { $0 + $1.tensor.elementCount })
    }.sorted { ($1.numbers, $0.name) < ($0.numbers, $1.name) }
  }

  /// SHA-256 of the header of each safetensors file: all that the file says but its numbers.
  package var headerDigests: [String?] {
    listing.files.map { $0.header.map(SHA256.hexDigest(of:)) }
  }

  /// A file's path within the folder that was listed.
  package func shortPath(_ file: ListedFile) -> String {
    let root = URL(fileURLWithPath: listing.path).path + "/"
    let path = URL(fileURLWithPath: file.path).path
    return path.hasPrefix(root)
      ? String(path.dropFirst(root.count)) : String(path.split(separator: "/").last ?? "")
  }

  // MARK: What stands out

  /// A tensor whose numbers a person should look at.
  package struct Suspicion: Sendable {
    package let entry: Entry
    /// What is unusual, in words.
    package let finding: String
    /// Whether pictures are likely to be ruined by it.
    package let isGrave: Bool
  }

  /// The tensors that stand out, the grave ones first.
  package var suspicions: [Suspicion] {
    let all = entries.compactMap(Self.suspicion)
    return all.filter(\.isGrave) + all.filter { !$0.isGrave }
  }

  /// The largest number of half precision.
  private static let largestHalf: Float = 65504
  /// Deviations from the mean beyond which a number is told of.
  private static let far = 100.0

  private static func suspicion(of entry: Entry) -> Suspicion? {
    guard let numbers = entry.statistics else { return nil }
    func found(_ finding: String, grave: Bool = false) -> Suspicion {
      Suspicion(entry: entry, finding: finding, isGrave: grave)
    }
    if numbers.notFinite > 0 {
      return found(
        "\(numbers.notFinite) of \(numbers.count) numbers are NaN or infinite: whatever is computed "
          + "with them is NaN, too", grave: true)
    }
    // One number may be anything, and is equal to itself.
    guard numbers.count > 1, isFractional(entry.tensor.type), let std = numbers.std,
      let mean = numbers.mean,
      let maxAbs = numbers.maxAbs
    else { return nil }
    if numbers.zeros == numbers.count {
      return found(
        "all zero: never trained, or switched off (a bias that is not used, a zero layer)")
    }
    if numbers.min == numbers.max {
      return found("all \(mean): as it was at the beginning of training")
    }
    if maxAbs > largestHalf {
      return found("holds \(maxAbs), too large for float16", grave: true)
    }
    if numbers.count >= 1000, Double(maxAbs) > abs(mean) + far * std {
      return found("a number \(Int((Double(maxAbs) / std).rounded())) deviations from 0")
    }
    return nil
  }

  private static func isFractional(_ type: String) -> Bool {
    ElementType(rawValue: type)?.isFloatingPoint ?? true
  }
}

import Diagnostics
import Foundation

/// SplitMix64: the same numbers for the same seed, everywhere.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Makes damaged files out of good ones.
public struct Mutator: Sendable {
  private let corpus: [[UInt8]]
  private let tokens: [[UInt8]]
  private var generator: SeededGenerator

  /// - Parameters:
  ///   - corpus: good files; pieces of one end up in another.
  ///   - tokens: byte strings that mean something in the format, to be put anywhere.
  public init(corpus: [[UInt8]], tokens: [[UInt8]], seed: UInt64) {
    self.corpus = corpus
    self.tokens = tokens
    generator = SeededGenerator(seed: seed)
  }

  /// One file of the corpus with one to four changes.
  public mutating func next() -> [UInt8] {
    var bytes = corpus[number(below: corpus.count)]
    for _ in 0...number(below: 4) { change(&bytes) }
    return bytes
  }

  private mutating func number(below limit: Int) -> Int {
    Int.random(in: 0..<max(limit, 1), using: &generator)
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    let at = number(below: bytes.count)
    guard !bytes.isEmpty else { return bytes = corpus[0] }
    switch number(below: 10) {
    case 0: bytes[at] ^= 1 << UInt8(number(below: 8))
    case 1: bytes[at] = UInt8(truncatingIfNeeded: generator.next())
    case 2: bytes.removeLast(bytes.count - at)
    case 3: bytes.removeSubrange(at..<min(at + 1 + number(below: 40), bytes.count))
    case 4: bytes.insert(contentsOf: bytes[at..<min(at + 40, bytes.count)], at: at)
    case 5:
      let other = corpus[number(below: corpus.count)]
      let from = number(below: other.count)
      bytes.replaceSubrange(at..., with: other[from...])
    case 6: overwrite(&bytes, at: at, with: extreme())
    case 7: replaceNumber(in: &bytes, near: at)
    case 8 where !tokens.isEmpty:
      overwrite(&bytes, at: at, with: tokens[number(below: tokens.count)])
    default:
      guard let token = tokens.randomElement(using: &generator) else { return }
      bytes.insert(contentsOf: token, at: at)
    }
  }

  private func overwrite(_ bytes: inout [UInt8], at: Int, with token: [UInt8]) {
    bytes.replaceSubrange(at..<min(at + token.count, bytes.count), with: token)
  }

  /// A binary number at the edge of its range, in either byte order.
  private mutating func extreme() -> [UInt8] {
    let width = [1, 2, 4, 8][number(below: 4)]
    let values: [Int64] = [0, 1, -1, .max, .min, 0x7fff_ffff, 0xffff_ffff, 1 << 40, -2, 255, 65535]
    let bytes = withUnsafeBytes(of: values[number(below: values.count)].littleEndian) {
      Array($0.prefix(width))
    }
    return number(below: 2) == 0 ? bytes : bytes.reversed()
  }

  /// Replaces the first decimal number behind `position` by one that few programs expect.
  private mutating func replaceNumber(in bytes: inout [UInt8], near position: Int) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[position...].firstIndex(where: digits.contains) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    let numbers = [
      "0", "-1", "1.5", "1e3", "1e999", "-0", "4294967296", "9223372036854775807",
      "9223372036854775808", "18446744073709551616", "4611686018427387904", "00", "null", "[]",
      "{}", "\"\"", "true", String(repeating: "9", count: 500), String(repeating: "[", count: 500),
    ]
    bytes.replaceSubrange(start..<end, with: Array(numbers[number(below: numbers.count)].utf8))
  }
}

/// Feeds damaged files to a reader and holds it to the house's promise: a valid result, or one clear
/// line. To be run in a process of its own (an exit test), which a crash or a limit ends.
public enum Fuzzing {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
  }

  /// The reader may take this much more memory than the process had before.
  public static let memory = 192 << 20
  /// - Parameters:
  ///   - prepare: brings a damaged file back into the form in which damage reaches the part meant.
  ///   - patience: seconds for all cases together.
  ///   - body: reads the file; should throw `PersonFacingError` and nothing else.
  /// - Returns: how many files were read without complaint.
  @discardableResult
  public static func run(
    _ mutator: Mutator, cases: Int, patience: UInt32 = 600,
    prepare: ([UInt8]) -> [UInt8] = { $0 },
    _ body: ([UInt8]) throws -> Void
  ) throws -> Int {
    var mutator = mutator
    limitMemory()
    alarm(patience)
    defer { alarm(0) }
    var valid = 0
    for index in 0..<cases {
      let bytes = prepare(mutator.next())
      do {
        try body(bytes)
        valid += 1
      } catch {
        try requireOneLine(error, of: "case \(index)")
      }
    }
    return valid
  }

  /// - Parameters:
  ///   - error: what a reader threw; should be a person's, in one clear line.
  ///   - input: what it read, for the failure.
  /// - Throws: `Failure`.
  public static func requireOneLine(_ error: any Error, of input: String) throws {
    guard let line = (error as? any PersonFacingError)?.description else {
      throw Failure(description: "\(input): not an error for a person: \(error)")
    }
    let isOneLine = line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
    guard !line.isEmpty, line.utf8.count < 2000, isOneLine else {
      throw Failure(description: "\(input): not one clear line: \(line.debugDescription)")
    }
  }

  /// From here on an allocation far beyond the small files at hand fails, and the process with it.
  private static func limitMemory() {
    #if os(Linux)
      guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmData:") }),
        let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
      else { return }
      let bytes = rlim_t(kibibytes * 1024 + memory)
      var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
      let dataSegment = __rlimit_resource_t(2)  // RLIMIT_DATA, a macro that Swift does not see
      setrlimit(dataSegment, &limit)
    #endif
  }
}

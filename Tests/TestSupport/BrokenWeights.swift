import Foundation

/// A weight file in which one number at a time can be made NaN or infinite, and good again.
public struct BrokenWeights: Sendable {
  /// One tensor in the file.
  public struct Place: Sendable {
    public let tensor: String
    fileprivate let offset: Int
    fileprivate let count: Int
    fileprivate let type: String
  }

  /// What a number becomes: a quiet and a signalling NaN, and both infinities.
  public static let values = ["NaN", "sNaN", "+inf", "-inf"]

  private static let patterns: [String: [UInt32]] = [
    "F32": [0x7fc0_0000, 0x7f80_0001, 0x7f80_0000, 0xff80_0000],
    "F16": [0x7e00, 0x7c01, 0x7c00, 0xfc00], "BF16": [0x7fc0, 0x7f81, 0x7f80, 0xff80],
  ]

  public let path: String
  public let places: [Place]

  /// The tensors of a safetensors file.
  public init(safetensors path: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    let (header, start) = try Self.header(of: bytes)
    places = header.compactMap { name, value -> Place? in
      guard let entry = value as? [String: Any], let type = entry["dtype"] as? String,
        let width = Self.width(of: type), let ends = entry["data_offsets"] as? [Int],
        ends.count == 2,
        ends[1] > ends[0]
      else { return nil }
      return Place(
        tensor: name, offset: start + ends[0], count: (ends[1] - ends[0]) / width, type: type)
    }.sorted { $0.tensor < $1.tensor }
    self.path = path
  }

  /// The tensors of any file that keeps its numbers as they are, found by their bytes; those that occur
  /// more than once are left out.
  public init(_ path: String, tensors: [(name: String, elements: [Float])]) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    places = tensors.compactMap { name, elements in
      let own = elements.withUnsafeBytes { Data($0) }
      guard own.count >= 16, let found = bytes.range(of: own),
        bytes.range(of: own, in: found.upperBound..<bytes.count) == nil
      else { return nil }
      return Place(tensor: name, offset: found.lowerBound, count: elements.count, type: "F32")
    }
    self.path = path
  }

  /// Does `body` while element `element` (taken modulo their number) of a tensor is no number.
  /// - Parameter value: a position in `values`.
  public func broken<Result>(
    _ place: Place, element: Int, value: Int, _ body: () throws -> Result
  ) throws -> Result {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    defer { try? file.close() }
    let width = Self.width(of: place.type) ?? 4
    let offset = UInt64(place.offset + element % place.count * width)
    func write(_ bytes: Data) throws {
      try file.seek(toOffset: offset)
      try file.write(contentsOf: bytes)
    }
    try file.seek(toOffset: offset)
    let good = try file.read(upToCount: width) ?? Data()
    let pattern = Self.patterns[place.type]?[value] ?? 0
    try write(withUnsafeBytes(of: pattern.littleEndian) { Data($0.prefix(width)) })
    let result = Swift.Result { try body() }
    try write(good)
    return try result.get()
  }

  /// The same numbers as bfloat16, cut off.
  public static func writeBFloat16(of path: String, to target: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    var (header, start) = try header(of: bytes)
    var data = Data()
    for name in header.keys.sorted() {
      guard var entry = header[name] as? [String: Any], let ends = entry["data_offsets"] as? [Int]
      else { continue }
      let begin = data.count
      for at in stride(from: start + ends[0], to: start + ends[1], by: 4) {
        data += bytes[at + 2..<at + 4]
      }
      (entry["dtype"], entry["data_offsets"]) = ("BF16", [begin, data.count])
      header[name] = entry
    }
    let text = try JSONSerialization.data(withJSONObject: header)
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    try (length + text + data).write(to: URL(fileURLWithPath: target))
  }

  private static func width(of type: String) -> Int? {
    patterns[type].map { _ in type == "F32" ? 4 : 2 }
  }

  private static func header(of bytes: Data) throws -> (entries: [String: Any], start: Int) {
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let json = try JSONSerialization.jsonObject(with: bytes[8..<8 + length])
    return (json as? [String: Any] ?? [:], 8 + length)
  }
}

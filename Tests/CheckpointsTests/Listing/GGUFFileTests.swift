import Checkpoints
import Diagnostics
import Foundation
import GoldenSupport
import Tensors
import TestSupport
import Testing

@Suite("GGUF files") struct GGUFFileTests {
  private static let path = Repository.path("fixtures/golden/weight-files/numbers.gguf")

  @Test(
    "plain and Q8_0 numbers are those that the gguf package reads; others are listed with bytes")
  func agrees() throws {
    let listing = try WeightListing(Self.path)
    let expected = try Golden.load("weight-files/gguf")
    #expect(listing.tensors.map(\.name) == expected.keys.sorted())
    let statistics = try listing.statistics()
    for (tensor, numbers) in zip(listing.tensors, statistics) {
      let golden = try #require(expected[tensor.name])
      #expect(tensor.shape == golden.shape)
      guard tensor.type != "Q4_0" else {
        #expect(try numbers == nil && tensor.byteCount == 36 && tensor.whole() == nil)
        continue
      }
      let whole = try #require(try tensor.whole())
      #expect(whole.maxAbsDifference(from: golden) == 0)
      let found = try #require(numbers)
      #expect(abs((found.mean ?? 9) - golden.moments.mean) < 1e-7, "\(tensor.name)")
      #expect(found.min == golden.moments.min && found.max == golden.moments.max)
    }
  }

  @Test("values by key are told in words")
  func metadata() throws {
    let file = try #require(try WeightListing(Self.path).files.first)
    #expect(file.format == "GGUF, version 3")
    let values = Dictionary(uniqueKeysWithValues: file.metadata.map { ($0.key, $0.value) })
    #expect(values["general.architecture"] == "sd1" && values["test.int32"] == "-7")
    #expect(values["test.uint64"] == "1099511627776" && values["test.float32"] == "0.5")
    #expect(values["test.bool"] == "true" && values["test.numbers"] == "[1, 2, 3]")
    #expect(values["test.words"]?.hasSuffix("word 5, …], 9 values") == true)
  }

  @Test("a network is not read from blocks that are not understood, which are named")
  func networks() {
    let error = #expect(throws: CheckpointError.self) { try WeightFile.open(Self.path) }
    #expect(error?.description.contains("is of Q4_0 blocks; F32, F16, BF16 and Q8_0") == true)
  }

  @Test(
    "a whole model reads as from its checkpoint: F32 the same, F16 and Q8_0 as near as they are")
  func wholeModel() throws {
    let checkpoint = try WeightFile.open(Repository.path("fixtures/golden/compvis/sd.ckpt"))
    for type in GGUFWriter.Kind.allCases {
      try withTemporaryFolder { folder in
        let path = folder.appendingPathComponent("model.gguf").path
        let file = try GGUFWriter.file(checkpoint.tensors(), kind: type)
        try Data(file).write(to: URL(fileURLWithPath: path))
        let (model, expected) = (
          try ModelFiles.open(path, parts: [.unet, .autoencoder]),
          try ModelFiles.open(checkpoint.origin, parts: [.unet, .autoencoder])
        )
        for (found, wanted) in [
          (model.unet, expected.unet), (model.autoencoder, expected.autoencoder),
        ] {
          let (found, wanted) = (try #require(found), try #require(wanted))
          #expect(found.weights.names == wanted.weights.names && !found.weights.names.isEmpty)
          for name in wanted.weights.names {
            let numbers = try wanted.weights.tensor(named: name)
            let error = try found.weights.tensor(named: name).maxAbsDifference(from: numbers)
            #expect(error <= type.error * numbers.maxAbs, "\(type): \(name)")
          }
        }
      }
    }
  }

  @Test("counts, lengths and versions beyond the file end in one line")
  func hostile() throws {
    let good = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.path)))
    func line(at offset: Int, _ bytes: [UInt8]) -> String {
      var file = good
      file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      let error = #expect(throws: CheckpointError.self) {
        try GGUFFile(MappedFile(file, path: "m.gguf"))
      }
      return error?.description ?? ""
    }
    #expect(line(at: 4, [1, 0, 0, 0]).contains("version 1"))
    #expect(line(at: 4, [0, 0, 0, 3]).contains("big-endian"))
    for offset in [8, 16, 24] {
      #expect(line(at: offset, [UInt8](repeating: 255, count: 8)).contains("only a part"))
    }
    #expect(throws: CheckpointError.self) {
      try GGUFFile(MappedFile(good.dropLast(40), path: "m.gguf"))
    }
  }

  @Test("damaged anywhere: a valid result or one clear line")
  func fuzzed() async {
    await #expect(processExitsWith: .success) {
      let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: Self.path)))
      let tokens: [[UInt8]] = [Array("GGUF".utf8), [8, 0, 0, 0], [9, 0, 0, 0], [2, 0, 0, 0]]
      try Fuzzing.run(Mutator(corpus: [file], tokens: tokens, seed: 7), cases: 10_000) {
        _ = try GGUFFile(MappedFile($0, path: "m.gguf"))
      }
    }
  }
}

/// Writes tensors as stable-diffusion.cpp does: plain F32, or F16 or Q8_0 where an extent allows.
private enum GGUFWriter {
  enum Kind: UInt32, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q8 = 8

    /// The most that a number may be off, as a share of the largest one.
    var error: Float {
      switch self {
      case .f32: 0
      case .f16: 1 / 2048
      // Half a step of 1/127, and the rounding of the scale.
      case .q8: 0.5 / 127 + 1 / 1024
      }
    }
  }

  static func file(_ tensors: [String: Tensor], kind: Kind) -> [UInt8] {
    var (table, data): ([UInt8], [UInt8]) = ([], [])
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let fits = tensor.rank > 1 && (tensor.shape.last ?? 0).isMultiple(of: 32)
      let type = kind == .q8 && !fits ? Kind.f32 : kind
      data += [UInt8](repeating: 0, count: (32 - data.count % 32) % 32)
      let shape = tensor.shape.isEmpty ? [1] : tensor.shape
      table += bytes(UInt64(name.utf8.count)) + Array(name.utf8) + bytes(UInt32(shape.count))
      table += shape.reversed().flatMap { bytes(UInt64($0)) }
      table += bytes(type.rawValue) + bytes(UInt64(data.count))
      data += encoded(tensor.elements, type)
    }
    let head = Array("GGUF".utf8) + bytes(UInt32(3)) + bytes(UInt64(tensors.count))
    let start = head + bytes(UInt64(0)) + table
    return start + [UInt8](repeating: 0, count: (32 - start.count % 32) % 32) + data
  }

  private static func encoded(_ numbers: [Float], _ kind: Kind) -> [UInt8] {
    switch kind {
    case .f32: return numbers.flatMap { bytes($0.bitPattern) }
    case .f16: return numbers.flatMap { bytes(Float16($0).bitPattern) }
    case .q8:
      return stride(from: 0, to: numbers.count, by: 32).flatMap { first in
        let block = numbers[first..<first + 32]
        let scale = Float16((block.map(abs).max() ?? 0) / 127)
        let steps = block.map { scale == 0 ? 0 : Int8(($0 / Float(scale)).rounded().clamped) }
        return bytes(scale.bitPattern) + steps.map { UInt8(bitPattern: $0) }
      }
    }
  }

  private static func bytes<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension Float {
  fileprivate var clamped: Float { min(max(self, -127), 127) }
}

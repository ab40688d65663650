import Checkpoints
import Foundation
import GoldenSupport
import TestSupport
import Tensors
import Testing

@Suite("Number formats") struct ElementTypeTests {
  @Test("every format reads to the number that torch reads")
  func agreesWithTorch() throws {
    let golden = try Golden.load("number-formats")
    let stored = golden.keys.filter { $0.hasPrefix("x.") && !$0.hasSuffix(".float32") }
    #expect(stored.count == 10)
    for name in stored {
      let (ours, torchs) = (try #require(golden[name]), try #require(golden[name + ".float32"]))
      #expect(ours.shape == torchs.shape)
      #expect(ours.elements.map(\.bitPattern) == torchs.elements.map(\.bitPattern), "\(name)")
    }
    #expect(golden["empty"]?.shape == [0, 3])
    #expect(golden["scalar"]?.elements == [2.5])
  }

  @Test("all 65,536 halves survive a round trip through Float, bit by bit")
  func allHalves() throws {
    let halves = (0...UInt16.max).map { Float16(bitPattern: $0) }.filter { !$0.isNaN }
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("halves.safetensors").path
      let values = Tensor([halves.count], halves.map(Float.init))
      try SafetensorsFile.write(["x": values], as: .float16, to: path)
      let read = try SafetensorsFile(path).tensor(named: "x")
      #expect(read.elements.map(\.bitPattern) == values.elements.map(\.bitPattern))
    }
  }

  @Test("rounding to half is to nearest, ties to even")
  func roundsToNearest() throws {
    var values: [Float] = [2049, 2051, 65519, 0x1p-25, 0x1.8p-24, 0x1p-24, 0.1, -1e-7, 6.1e-5]
    // Between every two neighbouring halves: the middle and its two neighbours.
    for pattern in stride(from: UInt16(0), to: 0x7bff, by: 7) {
      let middle =
        (Float(Float16(bitPattern: pattern)) + Float(Float16(bitPattern: pattern + 1))) / 2
      values += [middle, middle.nextUp, middle.nextDown]
    }
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("x.safetensors").path
      try SafetensorsFile.write(
        ["x": Tensor([values.count], values)], as: .float16, to: path)
      let read = try SafetensorsFile(path).tensor(named: "x").elements
      #expect(read == values.map { Float(Float16($0)) })
    }
  }
}

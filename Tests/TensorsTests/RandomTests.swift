import Foundation
import TestSupport
import Testing

import Tensors

@Suite("torch's random numbers on a CPU") struct RandomTests {
  /// One stream of fixtures/golden/torch-random.json.
  struct Stream: Decodable, CustomTestStringConvertible {
    struct Call: Decodable {
      let kind: String
      let count: Int
      let low: Int?
      let high: Int?
      let indices: [Int]
      let values: [Double]
    }
    let seed: UInt64
    let calls: [Call]
    var testDescription: String {
      "seed \(seed): " + calls.map { "\($0.kind) \($0.count)" }.joined(separator: ", ")
    }
  }
  struct Golden: Decodable { let streams: [Stream] }

  static func golden() throws -> [Stream] {
    let path = Repository.path("fixtures/golden/torch-random.json")
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return try JSONDecoder().decode(Golden.self, from: data).streams
  }

  @Test("every stream of calls agrees with torch") func streams() throws {
    var worst = 0.0
    for stream in try Self.golden() {
      let generator = TorchGenerator(seed: stream.seed)
      for call in stream.calls {
        let drawn: [Double]
        switch call.kind {
        case "normal": drawn = generator.normal([call.count]).elements.map(Double.init)
        case "uniform": drawn = generator.uniform([call.count]).elements.map(Double.init)
        default:
          let range = (call.low ?? 0)..<(call.high ?? 0)
          drawn = generator.integers(in: range, count: call.count).map(Double.init)
        }
        try #require(drawn.count == call.count && call.indices.count == call.values.count)
        // Uniforms and integers are exact; normals agree to the rounding of log, sin and cos.
        let bound = call.kind == "normal" ? 1e-6 : 0
        for (index, expected) in zip(call.indices, call.values) {
          let difference = abs(drawn[index] - expected)
          worst = max(worst, difference)
          #expect(
            difference <= bound,
            "\(stream.testDescription): [\(index)] is \(drawn[index]), not \(expected)")
        }
      }
    }
    print("random numbers against torch: max |Δ| \(worst)")
  }

  @Test("the published vectors of seed 42") func seed42() {
    let latents = TorchGenerator(seed: 42).normal([1, 4, 64, 64])
    let expected = Tensor([4], [1.926915, 1.487284, 0.900717, -2.105521])
    let first = Tensor([4], Array(latents.elements.prefix(4)))
    #expect(first.maxAbsDifference(from: expected) < 1e-6)
    #expect(latents.shape == [1, 4, 64, 64])
  }

  @Test("another seed gives other numbers, a copy gives the same") func seeds() {
    let generator = TorchGenerator(seed: 9)
    _ = generator.normal([3])
    let branch = generator.copy()
    let next = generator.normal([40])
    #expect(branch.normal([40]).elements == next.elements)
    #expect(generator.normal([40]).elements != next.elements)
    #expect(TorchGenerator(seed: 10).normal([40]).elements != next.elements)
  }

  @Test("a million normals have the moments of N(0, 1)") func moments() {
    let m = TorchGenerator(seed: 1).normal([1_000_000]).moments
    #expect(abs(m.mean) < 5e-3)
    #expect(abs(m.variance - 1) < 1e-2)
    #expect(m.max > 4.5 && m.max < 5.8 && m.min < -4.5)
  }

  @Test("the numbers do not depend on the number of threads") func threads() {
    let many = TorchGenerator(seed: 2).normal([300_003])
    let one = Threads.with(1) { TorchGenerator(seed: 2).normal([300_003]) }
    #expect(one.maxAbsDifference(from: many) == 0)
  }
}

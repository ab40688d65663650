import Networks
import Tensors
import Testing

@Suite("Initialisation of untrained networks") struct InitializerTests {
  private func values(
    _ initializer: Initializer, _ shape: [Int] = [100, 100], name: String = "w", seed: UInt64 = 1
  ) throws -> Tensor {
    try ParameterScope.random(seed: seed).parameter(name, shape, initializer).value
  }

  @Test("kaiming_uniform_(a: √5) is uniform within ±1/√fan-in")
  func fanIn() throws {
    let moments = try values(.fanIn(25)).moments
    #expect(moments.min >= -0.2 && moments.min < -0.199)
    #expect(moments.max < 0.2 && moments.max > 0.199)
    #expect(abs(moments.mean) < 0.005)
    #expect(abs(moments.std - 0.2 / 3.0.squareRoot()) < 0.002)
  }

  @Test("normal has the standard deviation it is given")
  func normal() throws {
    let moments = try values(.normal(standardDeviation: 0.02)).moments
    #expect(abs(moments.mean) < 0.0008 && abs(moments.std - 0.02) < 0.0005)
  }

  @Test("each name has its own numbers, fixed by the seed")
  func streams() throws {
    let a = try values(.fanIn(1), name: "a")
    #expect(try values(.fanIn(1), name: "a").elements == a.elements)
    #expect(try values(.fanIn(1), name: "b").elements != a.elements)
    #expect(try values(.fanIn(1), name: "a", seed: 2).elements != a.elements)
  }

  @Test("the untrained U-Net's layers keep activations at a moderate size")
  func scale() throws {
    let output = smallPass(try smallUNet())
    #expect(output.moments.std > 0.01 && output.moments.std < 3)
  }
}

import Networks
import Tensors
import Testing

@Suite("Halving and doubling") struct ResamplingTests {
  private let scope = ParameterScope.random(seed: 1)
  private let pass = ForwardPass()

  @Test("halving rounds up with padding all around, and down with padding on one side")
  func halved() throws {
    let image = TorchGenerator(seed: 2).normal([1, 7, 6, 3])
    #expect(try Downsample(3, padding: 1, in: scope["u"])(image, pass).shape == [1, 4, 3, 3])
    #expect(try Downsample(3, padding: 0, in: scope["v"])(image, pass).shape == [1, 3, 3, 3])
  }

  @Test("doubling can stop one short, where halving had rounded up")
  func doubled() throws {
    let image = TorchGenerator(seed: 2).normal([1, 4, 3, 3])
    let layer = try Upsample(3, in: scope["w"])
    #expect(layer(image, pass).shape == [1, 8, 6, 3])
    #expect(layer(image, to: (7, 6), pass).shape == [1, 7, 6, 3])
  }
}

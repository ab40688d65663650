import Networks
import Tensors
import Testing
import Training

/// Two layers of features with random weights.
struct RandomFeatures: PerceptualFeatures {
  let first, second: Convolution2d

  init() throws {
    let scope = ParameterScope.random(seed: 7)
    first = try Convolution2d(3, 8, in: scope["first"])
    second = try Convolution2d(8, 12, stride: 2, in: scope["second"])
  }

  func features(of images: Tensor, _ pass: ForwardPass) -> [Tensor] {
    let fine = pass.silu(first(pass.channelsLast(images), pass))
    return [fine, pass.silu(second(fine, pass))]
  }
}

@Suite("Distance of unit feature vectors") struct PerceptualLossTests {
  private let made = TorchGenerator(seed: 8).normal([2, 3, 8, 6])
  private let target = TorchGenerator(seed: 9).normal([2, 3, 8, 6])

  @Test("one layer: the value in plain words, the gradient its slope")
  func oneLayer() {
    let (found, wanted) = (made.reshaped([2, 8, 6, 3]), target.reshaped([2, 8, 6, 3]))
    let value = PerceptualLoss.distance(found, wanted)
    let gradient = PerceptualLoss.gradient(found, wanted)
    let (f, w) = (found.elements.map(Double.init), wanted.elements.map(Double.init))
    var expected = 0.0
    for start in stride(from: 0, to: f.count, by: 3) {
      let range = start..<start + 3
      let lengths = [f, w].map { x in (range.reduce(1e-6) { $0 + x[$1] * x[$1] }).squareRoot() }
      for i in range {
        let difference = f[i] / lengths[0] - w[i] / lengths[1]
        expected += difference * difference / 96
      }
    }
    #expect(abs(value - expected) < 1e-5)
    #expect(
      slopeError(at: found, gradient: gradient) {
        PerceptualLoss.distance($0, wanted)
      } < 1e-2)
  }

  @Test("a gain on all features changes nothing")
  func scale() {
    let found = made.reshaped([2, 8, 6, 3])
    #expect(PerceptualLoss.distance(found, found.scaled(by: 3)) < 1e-5)
  }

  @Test("the gradient reaches the picture")
  func picture() throws {
    let loss = PerceptualLoss(try RandomFeatures())
    let (value, gradient) = loss(made, target)
    #expect(value > 0.01)
    #expect(slopeError(at: made, gradient: gradient) { loss($0, target).value } < 1e-2)
  }
}

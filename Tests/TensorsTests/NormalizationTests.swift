import Tensors
import Testing

@Suite("normalisation") struct NormalizationTests {
  @Test(
    "group norm equals its definition, with and without SiLU",
    arguments: [(1, 4, 32), (2, 63, 96), (1, 300, 320), (3, 5, 30), (2, 9, 8)])
  func groupNorm(batch: Int, pixels: Int, channels: Int) {
    let generator = TorchGenerator(seed: 21)
    let x = generator.normal([batch, pixels, channels]).scaled(by: 3, plus: 5)
    let (weight, bias) = (generator.normal([channels]), generator.normal([channels]))
    for groups in [1, 2, channels] + (channels % 32 == 0 ? [32] : []) {
      for silu in [false, true] {
        let fast = Tensor.groupNorm(
          x, groups: groups, weight: weight, bias: bias, epsilon: 1e-5, silu: silu)
        let reference = Reference.groupNorm(
          x, groups: groups, weight: weight, bias: bias, epsilon: 1e-5, silu: silu)
        expectClose(
          fast, reference, within: 2e-5,
          "group norm \(batch)×\(pixels)×\(channels), \(groups) groups\(silu ? ", SiLU" : "")")
      }
    }
  }

  @Test("a mean a thousand times the deviation does not spoil the variance") func offset() {
    let generator = TorchGenerator(seed: 22)
    let x = generator.normal([1, 2000, 32]).scaled(by: 1, plus: 1000)
    let (one, zero) = (Tensor.ones([32]), Tensor.zeros([32]))
    let y = Tensor.groupNorm(x, groups: 4, weight: one, bias: zero, epsilon: 1e-5)
    #expect(abs(y.moments.mean) < 1e-4)
    #expect(abs(y.moments.variance - 1) < 1e-3)
    let images = Tensor.groupNorm(
      x.reshaped([1, 50, 40, 32]), groups: 4, weight: one, bias: zero, epsilon: 1e-5)
    #expect(images.reshaped(y.shape).maxAbsDifference(from: y) == 0)
  }

  @Test("group norm of an image in bands is that of the whole") func bands() {
    let generator = TorchGenerator(seed: 24)
    let x = generator.normal([2, 700, 32]).scaled(by: 3, plus: 100)
    let (weight, bias) = (generator.normal([32]), generator.normal([32]))
    let bands = [0..<1, 1..<300, 300..<700].map { x.slice($0, along: 1) }
    let norm = GroupNormalization(
      of: bands, groups: 4, weight: weight, bias: bias, epsilon: 1e-5, silu: true)
    expectClose(
      .concatenated(bands.map { norm($0) }, along: 1),
      .groupNorm(x, groups: 4, weight: weight, bias: bias, epsilon: 1e-5, silu: true),
      within: 1e-6, "group norm of three bands")
  }

  @Test("layer norm equals group norm with one group over one position", arguments: [1, 7, 768])
  func layerNorm(width: Int) {
    let generator = TorchGenerator(seed: 23)
    let x = generator.normal([2, 9, width]).scaled(by: 2, plus: -3)
    let (weight, bias) = (generator.normal([width]), generator.normal([width]))
    let reference = Reference.groupNorm(
      x.reshaped([18, 1, width]), groups: 1, weight: weight, bias: bias, epsilon: 1e-5, silu: false)
    expectClose(
      Tensor.layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5),
      reference.reshaped([2, 9, width]), within: 1e-5, "layer norm \(width)")
  }
}

import Tensors
import Testing

@Suite("the fused step of the forward chain") struct NoisingStepTests {
  static let factors = NoisingFactors(
    signalStep: 0.9, noiseStep: 0.43589, composedKeep: 0.8, composedFresh: 0.6,
    signalClosed: 0.7, noiseClosed: 0.714143)

  /// The same step by separate operations.
  func separately(
    _ f: NoisingFactors, _ original: Tensor, _ fresh: Tensor, _ chain: Tensor, _ composed: Tensor
  ) -> (chain: Tensor, composed: Tensor, residual: Float, error: Double) {
    let x = Tensor.weightedSum(f.signalStep, chain, f.noiseStep, fresh)
    let noise = Tensor.weightedSum(f.composedKeep, composed, f.composedFresh, fresh)
    let closed = Tensor.weightedSum(f.signalClosed, original, f.noiseClosed, noise)
    return (x, noise, x.maxAbsDifference(from: closed), x.meanSquaredError(from: original))
  }

  @Test("equals the separate operations", arguments: [1, 15, 16_384, 16_385, 200_001])
  func fused(count: Int) {
    let generator = TorchGenerator(seed: 3)
    let (original, fresh) = (generator.uniform([count]), generator.normal([count]))
    var (chain, composed) = (generator.normal([count]), generator.normal([count]))
    let expected = separately(Self.factors, original, fresh, chain, composed)
    let measures = Tensor.noisingStep(
      Self.factors, original: original, fresh: fresh, chain: &chain, composed: &composed)
    #expect(chain.maxAbsDifference(from: expected.chain) <= 5e-7)
    #expect(composed.maxAbsDifference(from: expected.composed) <= 5e-7)
    #expect(abs(measures.residual - Double(expected.residual)) <= 2e-6)
    #expect(abs(measures.mean - expected.chain.moments.mean) <= 1e-7)
    #expect(abs(measures.meanSquare - expected.chain.moments.meanSquare) <= 1e-6)
    #expect(abs(measures.meanSquaredError - expected.error) <= 1e-6)
  }

  @Test("leaves other copies of the chain alone and reports a NaN") func values() {
    let original = Tensor([4], [0, 1, .nan, 3])
    let before = Tensor.ones([4])
    var (chain, composed) = (before, Tensor.zeros([4]))
    let measures = Tensor.noisingStep(
      Self.factors, original: original, fresh: Tensor.ones([4]), chain: &chain,
      composed: &composed)
    #expect(before.elements == [1, 1, 1, 1])
    #expect(chain.elements != before.elements)
    #expect(measures.residual == .infinity)
  }

  @Test("the measures do not depend on the number of threads") func threads() {
    func run() -> (NoisingMeasures, Tensor) {
      let generator = TorchGenerator(seed: 8)
      var (chain, composed) = (generator.normal([150_000]), generator.normal([150_000]))
      let measures = Tensor.noisingStep(
        Self.factors, original: generator.uniform([150_000]), fresh: generator.normal([150_000]),
        chain: &chain, composed: &composed)
      return (measures, chain)
    }
    let many = run()
    let one = Threads.with(1, run)
    #expect(one.0 == many.0)
    #expect(one.1.maxAbsDifference(from: many.1) == 0)
  }
}

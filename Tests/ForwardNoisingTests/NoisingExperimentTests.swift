import Diffusion
import ForwardNoising
import Imaging
import Tensors
import Testing

@Suite("q(x_t | x_0), in one jump and step by step") struct NoisingExperimentTests {
  private static let process = ForwardProcess(NamedSchedule.scaledLinear.schedule())
  private static let original = TorchGenerator(seed: 7).normal([1, 3, 32, 24]).clamped(to: -1...1)

  private static let experiment = NoisingExperiment(
    original: original, process: process, generator: TorchGenerator(seed: 42),
    timesteps: [0, 500, 999])

  @Test("the chain with its composed noise lands on the closed form, at every t")
  func composed() {
    #expect(Self.experiment.rows.count == 1000)
    #expect(Self.experiment.largestIteratedError <= 1e-5)
    #expect(Self.experiment.rows[999].iteratedMaxAbsError > 0)
  }

  @Test("a wrong coefficient breaks it", arguments: [0.999, 1.001])
  func wrongCoefficient(factor: Float) {
    let right = Self.process.factors(at: 0)
    let wrong = NoisingFactors(
      signalStep: right.signalStep, noiseStep: right.noiseStep * factor,
      composedKeep: right.composedKeep, composedFresh: right.composedFresh,
      signalClosed: right.signalClosed, noiseClosed: right.noiseClosed)
    var (chain, composed) = (Self.original, Tensor.zeros(Self.original.shape))
    let measures = Tensor.noisingStep(
      wrong, original: Self.original, fresh: TorchGenerator(seed: 1).normal(chain.shape),
      chain: &chain, composed: &composed)
    #expect(measures.residual > 1e-5)
  }

  @Test("mean, spread and PSNR are those of the picture x_t", arguments: [0, 500, 999])
  func moments(t: Int) {
    let row = Self.experiment.rows[t]
    let sample = Self.experiment.sample(at: t)
    #expect(abs(row.mean - sample.moments.mean) < 1e-6)
    #expect(abs(row.std - sample.moments.std) < 1e-6)
    #expect(abs(row.psnr - ImageMetrics.psnr(sample, Self.original)) < 1e-4)
  }

  @Test("the chain's noise is standard normal within six standard errors")
  func chainNoise() {
    let n = Double(Self.original.count)
    for row in Self.experiment.rows {
      #expect(abs(row.chainNoiseMean) < 6 / n.squareRoot())
      #expect(abs(row.chainNoiseVariance - 1) < 6 * (2 / n).squareRoot())
    }
  }

  @Test("the chain's pictures are other draws than the closed form's")
  func independent() throws {
    let chain = try #require(Self.experiment.chainPictures[999])
    #expect(chain.maxAbsDifference(from: Self.experiment.sample(at: 999)) > 1)
  }

  @Test("a large picture is shown smaller with noise as strong, and measured whole")
  func preview() throws {
    let original = TorchGenerator(seed: 7).normal([1, 3, 60, 90]).clamped(to: -1...1)
    func experiment(preview: Int?, chain: Int) -> NoisingExperiment {
      NoisingExperiment(
        original: original, process: Self.process, generator: TorchGenerator(seed: 42),
        timesteps: [0, 999], previewPixels: preview, chainPixels: chain)
    }
    let (whole, small) = (
      experiment(preview: nil, chain: .max), experiment(preview: 600, chain: 2400)
    )
    #expect(!whole.preview.isSmaller && small.preview.isSmaller)
    #expect(small.preview.height * small.preview.width <= 600)
    #expect(small.walked.shape == [1, 3, 40, 60])
    #expect(whole.rows.map(\.psnr) == small.rows.map(\.psnr))
    #expect(whole.rows.map(\.mean) == small.rows.map(\.mean))
    let level = Self.process.schedule.level(at: 999)
    #expect(
      whole.preview.closedForm(at: level).elements == whole.sample(at: 999).elements)
    let chain = try #require(small.chainPictures[999])
    for picture in [small.preview.closedForm(at: level), chain] {
      #expect(picture.shape == [1, 3, small.preview.height, small.preview.width])
      #expect(abs(picture.moments.std - 1) < 0.1)
    }
    // Averaged down, the noise would be gone.
    let averaged = small.sample(at: 999).resized(
      height: small.preview.height, width: small.preview.width, .area)
    #expect(averaged.moments.std < 0.5)
    #expect(small.largestIteratedError <= 1e-5)
  }
}

import Diffusion
import ForwardNoising
import Tensors
import Testing

@Suite("Two Gaussians are one") struct MergeExperimentTests {
  private static let merge = MergeExperiment(
    process: ForwardProcess(NamedSchedule.scaledLinear.schedule()),
    generator: TorchGenerator(seed: 3), samples: 1 << 14, timesteps: [1, 500])

  @Test("variances add: the identity, and actual sums")
  func variancesAdd() {
    #expect(Self.merge.largestVarianceResidual < 1e-12)
    #expect(Self.merge.largestRelativeError < 6 / (2 * Double(Self.merge.samples)).squareRoot())
  }

  @Test("standard deviations do not: adding them is off by far more than chance")
  func standardDeviationsDoNot() {
    let row = Self.merge.rows[1]
    #expect(row.wrong / row.measured > 1.3)
  }

  @Test("a histogram follows the one normal distribution, not the wrong one", arguments: [1, 500])
  func histogram(t: Int) throws {
    let measured = try #require(Self.merge.histograms[t])
    let row = Self.merge.rows[t]
    func distance(_ std: Double) -> Double {
      zip(measured, MergeExperiment.normalDensity(std: std)).reduce(0) {
        $0 + abs($1.0 - $1.1) * 0.1
      }
    }
    #expect(abs(measured.reduce(0, +) * 0.1 - 1) < 0.01)
    #expect(distance(1) < 0.06)
    #expect(distance(row.wrong / row.merge.merged) > distance(1))
  }
}

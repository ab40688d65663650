import Evaluation
import Networks
import Storybook
import Tensors
import Testing
import Training

@Suite("Linear first values") struct LinearStartTests {
  private static let lessons = PictureMix(seed: 42, split: .training).pictures(0..<64)
  private static let others = PictureMix(seed: 43, split: .training).pictures(64..<80)

  private func network(_ kind: LatentRegularization, factor: Int) throws -> any Autoencoder {
    let network = try AutoencoderZoo.network(
      kind, factor: factor, normGroups: LinearStart.normGroups, seed: 1)
    LinearStart.apply(to: network, learningFrom: Self.lessons)
    return network
  }

  @Test("an autoencoder is nearly block PCA before its first step", arguments: [2, 4, 8, 16])
  func nearlyPCA(factor: Int) throws {
    let network = try network(.kl, factor: factor)
    let pca = BlockPCA(
      learningFrom: Self.lessons, factor: factor, components: network.latentChannels)
    let best = pca.reconstruct(Self.others).meanSquaredError(from: Self.others)
    let error = network.reconstruct(Self.others).meanSquaredError(from: Self.others)
    // Its decoder looks at neighbours, which blocks do not, and knows no place within a block.
    #expect(error < 1.4 * best, "f = \(factor): \(error) against \(best)")
    let quiet = try AutoencoderZoo.network(.kl, factor: factor, seed: 1)
    QuietStart.apply(to: quiet.parameters)
    #expect(quiet.reconstruct(Self.others).meanSquaredError(from: Self.others) > 5 * error)
  }

  @Test("its latents have variance 1 and follow the picture linearly", arguments: ["kl", "vq"])
  func linear(kind: String) throws {
    let network = try network(#require(LatentRegularization(rawValue: kind)), factor: 8)
    let whole = network.encode(Self.others).mean
    for channel in 0..<network.latentChannels {
      #expect(abs(whole.slice(channel..<channel + 1, along: 1).moments.std - 1) < 0.3)
    }
    let grey = network.encode(.zeros(Self.others.shape)).mean
    let half = network.encode(Self.others.scaled(by: 0.5)).mean
    let middle = Tensor.weightedSum(0.5, whole, 0.5, grey)
    #expect(half.maxAbsDifference(from: middle) < 0.03 * whole.maxAbs)
  }

  @Test("how bright a whole picture is gets through the last norms")
  func brightness() throws {
    let network = try network(.kl, factor: 4)
    for level: Float in [-0.6, 0.1, 0.5] {
      let plain = Tensor([1, 3, 64, 64], repeating: level)
      #expect(abs(network.reconstruct(plain).moments.mean - Double(level)) < 0.05)
    }
  }
}

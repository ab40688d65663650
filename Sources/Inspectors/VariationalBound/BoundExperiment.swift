import Diffusion
import Foundation
import Tensors

/// The bound of some pictures under one predictor: noised to many timesteps, each once.
struct BoundExperiment {
  /// What the page shows of the first picture at one timestep.
  struct Frame {
    /// 0-based.
    let t: Int
    /// x_t
    let noisy: Tensor
    /// ε
    let noise: Tensor
    /// ε̂; of a clipped x̂_0 the noise that it implies, as in improved-diffusion.
    let predictedNoise: Tensor
    /// x̂_0, as the bound uses it.
    let predictedOriginal: Tensor
  }

  /// Of all pictures together.
  let profile: BoundProfile
  /// The bound of each picture by itself, in bits per dimension.
  let totals: [Double]
  /// Of the first picture, noisiest first.
  let frames: [Frame]

  private static let batch = 32

  /// - Parameters:
  ///   - originals: x_0, shape [N, C, H, W].
  ///   - timesteps: that are measured, rising, beginning with 0.
  ///   - kept: those of them whose arrays are kept.
  ///   - clips: whether x̂_0 is held to the range of pixels.
  ///   - seed: of the noise; equal seeds give equal noise, whoever predicts.
  ///   - advance: called after each batch.
  init(
    _ bound: LikelihoodBound, originals: Tensor, timesteps: [Int], kept: Set<Int> = [],
    clips: Bool = false, seed: UInt64, predictor: any RowPredictor, advance: () -> Void = {}
  ) {
    let generator = TorchGenerator(seed: seed)
    var profiles: [BoundProfile] = []
    var frames: [Frame] = []
    for index in 0..<originals.shape[0] {
      let original = originals.rows(index..<index + 1)
      var (errors, decoder) = ([PredictionError](), 0.0)
      for batch in timesteps.split(by: Self.batch) {
        let found = Self.frames(
          bound.schedule, original, batch, clips: clips, generator, predictor)
        for frame in found {
          errors.append(
            PredictionError(
              t: frame.t, noise: frame.predictedNoise.meanSquaredError(from: frame.noise),
              original: frame.predictedOriginal.meanSquaredError(from: original)))
          if frame.t == 0 {
            decoder = bound.decoderTerm(original: original, predicted: frame.predictedOriginal)
          }
        }
        if index == 0 { frames += found.filter { kept.contains($0.t) } }
        advance()
      }
      profiles.append(
        BoundProfile(
          bound, meanSquare: original.moments.meanSquare, decoder: decoder, errors: errors))
    }
    totals = profiles.map(\.total)
    profile = BoundProfile(meanOf: profiles)
    self.frames = frames.reversed()
  }

  /// How often `advance` is called.
  static func batches(pictures: Int, timesteps: Int) -> Int {
    pictures * ((timesteps + batch - 1) / batch)
  }

  private static func frames(
    _ schedule: NoiseSchedule, _ original: Tensor, _ timesteps: [Int], clips: Bool,
    _ generator: TorchGenerator, _ predictor: any RowPredictor
  ) -> [Frame] {
    let levels = timesteps.map { schedule.level(at: $0) }
    let noise = levels.map { _ in generator.normal(original.shape) }
    let noisy = zip(levels, noise).map { $0.noisy(original: original, noise: $1) }
    let said = predictor.predict(.concatenated(noisy, along: 0), at: levels)
    return timesteps.indices.map { row in
      let predicted = said.original.rows(row..<row + 1)
      let clipped = clips ? predicted.clamped(to: -1...1) : predicted
      return Frame(
        t: timesteps[row], noisy: noisy[row], noise: noise[row],
        predictedNoise: clips
          ? levels[row].noise(of: noisy[row], original: clipped)
          : said.noise.rows(row..<row + 1),
        predictedOriginal: clipped)
    }
  }

  /// `count` timesteps, both ends included, at equal steps of ln(t + 1): where x_t is nearly
  /// clear, each has a good share of the bits. All when `count` is as many as there are.
  static func timesteps(_ count: Int, of total: Int) -> [Int] {
    guard count < total else { return Array(0..<total) }
    var (places, found) = (count, Set<Int>())
    while found.count < count {
      let last = log(Double(total))
      found = Set(
        (0..<places).map { Int(exp(last * Double($0) / Double(places - 1)).rounded()) - 1 })
      places += max(1, places / 20)
    }
    var timesteps = found.sorted()
    // What is too much goes where neighbours are nearest to each other in ln(t + 1).
    timesteps.removeSubrange(timesteps.count - 1 - (found.count - count)..<timesteps.count - 1)
    return timesteps
  }
}

extension BoundProfile {
  /// The profile of several pictures taken together.
  init(meanOf profiles: [BoundProfile]) {
    let share = 1 / Double(profiles.count)
    func mean(_ value: (BoundProfile) -> Double) -> Double {
      profiles.reduce(0) { $0 + share * value($1) }
    }
    self.init(
      profiles[0].bound, meanSquare: mean(\.meanSquare), decoder: mean(\.decoder),
      errors: profiles[0].measured.map { t in
        PredictionError(
          t: t, noise: mean { $0.steps[t].noiseError }, original: mean { $0.steps[t].originalError }
        )
      })
  }
}

extension Array {
  /// Pieces of `count` elements; the last may have fewer.
  func split(by count: Int) -> [[Element]] {
    stride(from: 0, to: self.count, by: count).map {
      Array(self[$0..<Swift.min($0 + count, self.count)])
    }
  }
}

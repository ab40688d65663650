import Diffusion
import Evaluation
import LatentDiffusion
import Networks
import Storybook
import Tensors

/// Whether cross-attention looks where a word is: the pointing game, timestep by timestep.
///
/// Held-out scenes are noised to some timesteps and go once through the U-Net with their captions.
/// The maps of a word, averaged over layers, heads and the word's tokens, have a peak.
struct Pointing: Sendable {
  struct Row: Sendable {
    /// 0-based.
    let t: Int
    let subject: PointingGame.Subject
    let tally: PointingGame.Tally
  }

  let rows: [Row]
  let scenes: Int
  /// The layers whose maps were averaged.
  let layers: Int
  /// The largest |Σ over tokens − 1| of any pixel's attention.
  let rowSumError: Float

  static let timesteps = [50, 200, 400, 600, 800, 950]
  private static let seed: UInt64 = 0x901A7

  init(
    _ model: LatentDiffusionModel, count: Int, batchSize: Int, advance: () -> Void
  ) {
    let size = model.imageSize
    let batches = SceneBatches(seed: Self.seed, split: .heldOut, size: size.width)
    var tallies: [Int: [PointingGame.Subject: PointingGame.Tally]] = [:]
    var error: Float = 0
    var layers = 0
    for start in stride(from: 0, to: count, by: batchSize) {
      let batch = batches.batch(start..<min(start + batchSize, count), withMasks: true)
      let generator = TorchGenerator(seed: Self.seed &+ UInt64(start))
      let latents = model.firstStage.encode(batch.pictures, generator: generator)
      let words = batch.captions.map { Self.words(of: $0, model.tokenizer) }
      let context = model.textEncoder(batch.captions.map { model.tokenizer.tokenize($0.text).ids })
      for t in Self.timesteps where t < model.scheduler.schedule.count {
        let maps = AttentionMaps(
          model, latents: latents, context: context, t: t, generator: generator)
        error = max(error, maps.rowSumError)
        layers = maps.layers
        for (i, words) in words.enumerated() {
          for word in words {
            let map = maps.map(picture: i, tokens: word.tokens)
            guard let trial = PointingGame.trial(map, batch.mask(of: word.subject, at: i))
            else { continue }
            tallies[t, default: [:]][.init(word.subject), default: .init()].add(trial)
          }
        }
        advance()
      }
    }
    rows = Self.timesteps.flatMap { t in
      PointingGame.Subject.allCases.compactMap { subject in
        tallies[t]?[subject].map { Row(t: t, subject: subject, tally: $0) }
      }
    }
    (scenes, self.layers, rowSumError) = (count, layers, error)
  }

  /// How many times `advance` is called.
  static func steps(count: Int, batchSize: Int) -> Int {
    (count + batchSize - 1) / batchSize * timesteps.count
  }

  /// The words of a caption that name something, with the positions of their tokens.
  private static func words(
    of caption: Caption, _ tokenizer: CLIPTokenizer
  ) -> [(subject: Caption.Subject, tokens: Range<Int>)] {
    let prompt = tokenizer.tokenize(caption.text)
    return caption.words.enumerated().compactMap { i, word in
      let tokens = prompt.positions(ofWord: i)
      return word.subject.flatMap { tokens.isEmpty ? nil : ($0, tokens) }
    }
  }
}

/// The cross-attention of one pass, averaged over layers and heads at the size of the latent.
private struct AttentionMaps {
  let size: (height: Int, width: Int)
  let layers: Int
  let rowSumError: Float
  /// [B, tokens, h · w]
  private let mean: Tensor

  init(
    _ model: LatentDiffusionModel, latents: Tensor, context: Tensor, t: Int,
    generator: TorchGenerator
  ) {
    let noisy = ForwardProcess(model.scheduler.schedule).sample(
      original: latents, noise: generator.normal(latents.shape), at: t)
    let probe = RecordingProbe {
      $0.quantity == .attentionWeights && $0.path.hasSuffix(".attn2")
    }
    _ = model.unet(
      noisy, timesteps: Array(repeating: Float(t), count: latents.shape[0]), context: context,
      ForwardPass(probe: probe))
    let (height, width) = (latents.shape[2], latents.shape[3])
    let (batch, tokens) = (latents.shape[0], context.shape[1])
    var sum = Tensor.zeros([batch, tokens, height, width])
    var error: Float = 0
    for weights in probe.values.sorted(by: { $0.key.path < $1.key.path }).map(\.value) {
      error = max(error, Self.rowSumError(weights))
      // As DAAM does: bicubic, what it undershoots cut off (Tang et al. 2022, arXiv:2210.04885).
      let maps = Self.maps(weights, height, width).resized(height: height, width: width, .bicubic)
      sum = sum + maps.clamped(to: 0...1)
    }
    size = (height, width)
    layers = probe.values.count
    rowSumError = error
    mean = sum.scaled(by: 1 / Float(max(layers, 1))).reshaped([batch, tokens, height * width])
  }

  /// The mean map of some tokens in one picture, [h, w].
  func map(picture: Int, tokens: Range<Int>) -> Tensor {
    let cells = size.height * size.width
    return Tensor([size.height, size.width]) { out in
      mean.withUnsafeElements { maps in
        let start = picture * mean.shape[1] * cells
        for cell in 0..<cells {
          out[cell] =
            tokens.reduce(0) { $0 + maps[start + $1 * cells + cell] } / Float(tokens.count)
        }
      }
    }
  }

  /// [B, heads, N, M] → the heads' mean as pictures [B, M, h, w] of a layer that sees the latent at
  /// some whole fraction of its size.
  private static func maps(_ weights: Tensor, _ height: Int, _ width: Int) -> Tensor {
    let (batch, heads) = (weights.shape[0], weights.shape[1])
    let (pixels, tokens) = (weights.shape[2], weights.shape[3])
    // The sides shrink together: N = (H/k)·(W/k), rounded up where k does not divide them.
    func side(_ whole: Int, _ k: Int) -> Int { (whole + k - 1) / k }
    let fits = (1...max(height, 1)).first { (k: Int) -> Bool in
      side(height, k) * side(width, k) == pixels
    }
    let k: Int = fits ?? 1
    let (h, w) = (side(height, k), side(width, k))
    precondition(h * w == pixels, "\(pixels) pixels are no fraction of \(height)×\(width)")
    return Tensor([batch, tokens, h, w]) { out in
      out.update(repeating: 0)
      weights.withUnsafeElements { weights in
        for b in 0..<batch {
          for head in 0..<heads {
            for pixel in 0..<pixels {
              let row = ((b * heads + head) * pixels + pixel) * tokens
              for token in 0..<tokens {
                out[(b * tokens + token) * pixels + pixel] += weights[row + token] / Float(heads)
              }
            }
          }
        }
      }
    }
  }

  private static func rowSumError(_ weights: Tensor) -> Float {
    let tokens = weights.shape[3]
    return weights.withUnsafeElements { weights in
      stride(from: 0, to: weights.count, by: tokens).reduce(0) { worst, start in
        max(worst, abs(weights[start..<start + tokens].reduce(0, +) - 1))
      }
    }
  }
}

import Foundation
import Tensors

/// A published way to make one heatmap per word out of hundreds of attention matrices.
///
/// All of them begin with the same matrices A[t, layer, head], of the conditional half. They differ
/// in what they leave out, in the grid on which they meet, and in what they do to the numbers.
package enum Aggregate: String, CaseIterable, Sendable {
  /// The mean over all steps, layers and heads, pixels repeated to the finest grid.
  case mean
  /// Tang et al. (arXiv:2210.04885), daam 0.2.0: Σ_t A, bicubic to the latent's size, negative values
  /// cut off, then the mean over layers and heads; without the middle block and grids 8 times
  /// coarser.
  ///
  /// Goes further than daam 0.2.0 in three things: a word is its own tokens (there "sun" is also
  /// found inside "sunset", since the marks of word ends are taken off), a picture may have any shape
  /// (there it counts as square), and guidance 1 has a conditional half (there half of the heads go).
  case daam
  /// Hertz et al. (arXiv:2208.01626), `AttentionStore`: the mean over steps, and over the heads of
  /// the layers on the way down and up whose grid is 16×16.
  case promptToPrompt = "prompt-to-prompt"
  /// Chefer et al. (arXiv:2301.13826): the mean over the heads of all layers whose grid is 16×16, at
  /// the last step; then softmax(100·A) over the tokens without the first and the last one (of each
  /// sequence, where a long prompt has several).
  case attendAndExcite = "attend-and-excite"
  /// attention-map-diffusers 0.1 (to 0.1.5): the sum over heads, bilinear to the first layer's grid,
  /// the mean over steps and layers.
  case attentionMapDiffusers01 = "attention-map-diffusers-0.1"
  /// attention-map-diffusers 1.0.0 with its defaults: the last step alone, the mean over heads,
  /// bilinear to the finest grid, the mean over layers. A layer with many heads counts no more than
  /// one with few.
  case attentionMapDiffusers10 = "attention-map-diffusers-1.0"

  /// As people call it.
  package var title: String {
    switch self {
    case .mean: "plain mean"
    case .daam: "DAAM"
    case .promptToPrompt: "Prompt-to-Prompt"
    case .attendAndExcite: "Attend-and-Excite"
    case .attentionMapDiffusers01: "attention-map-diffusers 0.1"
    case .attentionMapDiffusers10: "attention-map-diffusers 1.0"
    }
  }

  /// What it does, in a line.
  package var recipe: String {
    switch self {
    case .mean: "all steps, layers and heads alike"
    case .daam:
      """
      sum over steps, bicubic, cut at 0, mean over layers and heads; no middle block; unlike daam \
      0.2.0 it keeps to whole words and knows pictures of any shape and guidance 1
      """
    case .promptToPrompt: "mean over steps; layers of 16×16, no middle block"
    case .attendAndExcite: "last step; layers of 16×16; softmax of 100·A over the words"
    case .attentionMapDiffusers01: "sum over heads, bilinear, mean over steps and layers"
    case .attentionMapDiffusers10: "last step; mean over heads, bilinear, mean over layers"
    }
  }
}

/// The matrices of a run as the aggregates need them.
package struct AttentionSums: Sendable {
  /// In the order in which they run.
  package let layers: [AttentionLayer]
  /// For each layer Σ_t A, shape [heads, N, M].
  package let sums: [Tensor]
  /// For each layer A at the last step.
  package let last: [Tensor]
  /// T, how many steps were summed.
  package let steps: Int
  /// Height and width of the latent.
  package let latent: (height: Int, width: Int)
  /// How many sequences the M tokens are, one behind the other.
  package let sequences: Int

  /// The matrices as they are.
  package init(
    layers: [AttentionLayer], sums: [Tensor], last: [Tensor], steps: Int,
    latent: (height: Int, width: Int), sequences: Int = 1
  ) {
    precondition(
      !layers.isEmpty && sums.count == layers.count && last.count == layers.count,
      "\(sums.count) sums and \(last.count) matrices for \(layers.count) layers")
    (self.layers, self.sums, self.last, self.steps) = (layers, sums, last, steps)
    (self.latent, self.sequences) = (latent, sequences)
  }

  /// M
  package var tokens: Int { sums[0].shape[2] }

  /// Whether a token is neither the first nor the last of its sequence.
  func isInside(_ token: Int) -> Bool {
    let length = tokens / sequences
    return 1..<length - 1 ~= token % length
  }
}

extension AttentionSums {
  /// The heatmaps of all tokens.
  /// - Returns: shape [M, H, W] on the aggregate's own grid; nil when it has no layer to look at.
  ///   Tokens that the method drops are NaN.
  package func maps(_ aggregate: Aggregate) -> Tensor? {
    switch aggregate {
    case .mean: plainMean
    case .daam: daam
    case .promptToPrompt: promptToPrompt
    case .attendAndExcite: attendAndExcite
    case .attentionMapDiffusers01: attentionMapDiffusers01
    case .attentionMapDiffusers10: attentionMapDiffusers10
    }
  }

  private var plainMean: Tensor {
    let grid = (layers.map(\.height).max() ?? 1, layers.map(\.width).max() ?? 1)
    let heads = sums.reduce(0) { $0 + $1.shape[0] }
    let total = layers.indices.map {
      byToken(sums[$0], $0).interpolated(height: grid.0, width: grid.1, .nearest)
    }
    return Self.sum(total) / Float(heads * steps)
  }

  /// M = mean over layers and heads of max(bicubic(Σ_t A), 0)                       DAAM Eq. 6
  private var daam: Tensor? {
    let chosen = layers.indices.filter {
      let factor = Int((Double(latent.height * latent.width / layers[$0].pixels)).squareRoot())
      return layers[$0].place != .mid && factor != 8
    }
    guard !chosen.isEmpty else { return nil }
    var total = Tensor.zeros([tokens, latent.height, latent.width])
    for index in chosen {
      for head in 0..<sums[index].shape[0] {
        let maps = byToken(sums[index].rows(head..<head + 1), index)
          .interpolated(height: latent.height, width: latent.width, .bicubic)
        total = total + maps.clamped(to: 0...Float.greatestFiniteMagnitude)
      }
    }
    return total / Float(chosen.reduce(0) { $0 + sums[$1].shape[0] })
  }

  private var promptToPrompt: Tensor? {
    let chosen = squareLayers { $0.place != .mid }
    guard !chosen.isEmpty else { return nil }
    let heads = chosen.reduce(0) { $0 + sums[$1].shape[0] }
    return Self.sum(chosen.map { byToken(sums[$0], $0) }) / Float(heads * steps)
  }

  private var attendAndExcite: Tensor? {
    let chosen = squareLayers { _ in true }
    guard !chosen.isEmpty, tokens > 2 * sequences else { return nil }
    let heads = chosen.reduce(0) { $0 + last[$1].shape[0] }
    let mean = Self.sum(chosen.map { byToken(last[$0], $0) }) / Float(heads)
    return softmaxOverTokens(mean, sharpness: 100)
  }

  private var attentionMapDiffusers10: Tensor {
    let finest = layers.max { $0.pixels < $1.pixels } ?? layers[0]
    let resized = layers.indices.map {
      (byToken(last[$0], $0) / Float(last[$0].shape[0]))
        .interpolated(height: finest.height, width: finest.width, .bilinear)
    }
    return Self.sum(resized) / Float(layers.count)
  }

  private var attentionMapDiffusers01: Tensor {
    let first = layers[0]
    let resized = layers.indices.map {
      byToken(sums[$0], $0).interpolated(height: first.height, width: first.width, .bilinear)
    }
    return Self.sum(resized) / Float(steps * layers.count)
  }

  /// The layers of 16×16 pixels, which is what two of the methods look at in a picture of 512×512;
  /// where there is no such grid, the one whose number of pixels comes nearest.
  package func squareLayers(_ isChosen: (AttentionLayer) -> Bool) -> [Int] {
    let candidates = layers.indices.filter { isChosen(layers[$0]) }
    func distance(_ index: Int) -> Double { abs(log(Double(layers[index].pixels) / 256)) }
    guard let best = candidates.min(by: { distance($0) < distance($1) }) else { return [] }
    return candidates.filter { layers[$0].pixels == layers[best].pixels }
  }

  /// Matrices summed over their heads and turned: [heads, N, M] → [M, H, W].
  private func byToken(_ matrices: Tensor, _ layer: Int) -> Tensor {
    let (heads, n, m) = (matrices.shape[0], matrices.shape[1], matrices.shape[2])
    var out = Tensor.zeros([m, layers[layer].height, layers[layer].width])
    out.withUnsafeMutableElements { out in
      matrices.withUnsafeElements { a in
        for head in 0..<heads {
          for i in 0..<n {
            let row = (head * n + i) * m
            for k in 0..<m { out[k * n + i] += a[row + k] }
          }
        }
      }
    }
    return out
  }

  private static func sum(_ maps: [Tensor]) -> Tensor {
    maps.dropFirst().reduce(maps[0]) { $0 + $1 }
  }

  /// softmax over all tokens but the first and the last of each sequence, which become NaN.
  private func softmaxOverTokens(_ maps: Tensor, sharpness: Float) -> Tensor {
    let inside = (0..<tokens).filter(isInside)
    let n = maps.count / tokens
    return Tensor(maps.shape) { out in
      maps.withUnsafeElements { a in
        for i in 0..<out.count { out[i] = .nan }
        for i in 0..<n {
          let highest = inside.map { a[$0 * n + i] }.max() ?? 0
          var total: Float = 0
          for k in inside {
            out[k * n + i] = exp(sharpness * (a[k * n + i] - highest))
            total += out[k * n + i]
          }
          for k in inside { out[k * n + i] /= total }
        }
      }
    }
  }
}

/// The heatmaps of a prompt's words by one aggregate.
package struct Heatmaps: Sendable {
  /// How they were made.
  package let aggregate: Aggregate
  /// For each column of the prompt its map [H, W]; nil where the method drops the column.
  package let maps: [Tensor?]
  /// The height of the grid.
  package let height: Int
  /// The width of the grid.
  package let width: Int

  /// A word of several tokens is the mean of their maps; with DAAM so are all its occurrences.
  package init?(_ aggregate: Aggregate, of sums: AttentionSums, _ columns: PromptColumns) {
    guard let tokens = sums.maps(aggregate) else { return nil }
    self.aggregate = aggregate
    (height, width) = (tokens.shape[1], tokens.shape[2])
    let size = height * width
    maps = columns.columns.map { column in
      // DAAM returns no padding.
      if aggregate == .daam, column.kind == .padding { return nil }
      let chosen = aggregate == .daam ? column.positionsOfAllOccurrences : column.positions
      let positions = chosen.filter {
        aggregate != .attendAndExcite || sums.isInside($0)
      }
      guard !positions.isEmpty else { return nil }
      return Tensor([tokens.shape[1], tokens.shape[2]]) { out in
        tokens.withUnsafeElements { a in
          for i in 0..<size {
            out[i] = positions.reduce(0) { $0 + a[$1 * size + i] } / Float(positions.count)
          }
        }
      }
    }
  }
}

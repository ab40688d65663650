import Diffusion
import Imaging
import LatentDiffusion
import Networks
import Tensors

/// What a person wants to see of a run's attention.
package struct AttentionSettings: Sendable {
  /// Which matrices are looked at.
  package var selection = MapSelection()
  /// Also the maps of the negative prompt.
  package var listensToNegative = false
  /// Also self-attention.
  package var looksAtSelf = false
  /// Keeps the matrices, to write them.
  package var keepsMatrices = false

  /// All of the prompt, nothing besides.
  package init() {}
}

/// Everything that one run of `attention-maps` found.
package struct AttentionRun {
  /// One step of a walk, or one look at a noised picture.
  package struct Frame: Sendable {
    /// 0-based.
    package let number: Int
    /// 0-based.
    package let t: Double
    /// σ = √((1 − ᾱ)/ᾱ) at t.
    package let sigma: Double
    /// x̂_0 decoded; nil where it was not asked for.
    package let believed: Image?
  }

  /// As the U-Net heard them.
  package let prompts: EncodedPrompts
  /// Whether the steps are looks at a person's picture and not a walk.
  package let looksAtPicture: Bool
  /// Sampler, steps and what the walk does, in words; nil where a person's picture is looked at.
  package let walkWords: String?
  /// What was done otherwise than usual, a few words each.
  package let partsWords: [String]
  /// In the order in which they were looked at.
  package let frames: [Frame]
  /// What was drawn, or what was looked at.
  package let picture: Image
  /// Height and width of its latent.
  package let latent: (height: Int, width: Int)
  /// The maps of the prompt.
  package let conditional: MapLedger
  /// The maps of the negative prompt; nil where nobody asked.
  package let unconditional: MapLedger?
  /// Which pixels look at which; nil where nobody asked.
  package let selfAttention: SelfLedger?
  /// One for each aggregate that has a layer to look at.
  package let heatmaps: [Heatmaps]
  /// One head, computed again by hand.
  package let arithmetic: AttentionArithmetic

  /// The words and other tokens of the prompt.
  package var columns: PromptColumns { conditional.columns }

}

/// The observers of a run, and what they are to see.
struct Recorders {
  let layers: [AttentionLayer]
  let conditional: MapLedger
  let unconditional: MapLedger?
  let selfAttention: SelfLedger?
  let specimen: SpecimenKeeper
  let latent: (height: Int, width: Int)

  /// - Parameters:
  ///   - timesteps: of all steps; those that the selection wants are looked at.
  ///   - guided: whether the passes listen to the negative prompt at all.
  init(
    _ model: LatentDiffusionModel, _ settings: AttentionSettings, prompts: EncodedPrompts,
    latent: (height: Int, width: Int), timesteps: [Double], guided: Bool
  ) throws {
    func all(_ kind: AttentionLayer.Kind) -> [AttentionLayer] {
      AttentionLayer.all(
        kind, of: model.unet.configuration, height: latent.height, width: latent.width)
    }
    let selection = settings.selection
    let chosen = try selection.filter(all(.cross))
    let steps = selection.steps(in: timesteps)
    layers = all(.cross) + all(.selfAttention)
    self.latent = latent
    let hearsBoth = settings.listensToNegative && guided
    func ledger(_ half: PromptHalf, _ tokens: TokenizedPrompt) -> MapLedger {
      MapLedger(
        half, of: PromptColumns(tokens), layers: chosen, selection: selection, steps: steps,
        keepsMatrices: settings.keepsMatrices,
        pageLimit: QuantizedMaps.limit / (hearsBoth ? 2 : 1))
    }
    conditional = ledger(.conditional, prompts.conditionalTokens)
    unconditional = hearsBoth ? ledger(.unconditional, prompts.unconditionalTokens) : nil
    let paths = Set(
      chosen.map { String($0.path.dropLast(AttentionLayer.Kind.cross.rawValue.count)) })
    selfAttention =
      settings.looksAtSelf
      ? SelfLedger(
        all(.selfAttention).filter {
          paths.contains(String($0.path.dropLast(AttentionLayer.Kind.selfAttention.rawValue.count)))
        }, selection: selection, steps: steps, keepsMatrices: settings.keepsMatrices) : nil
    specimen = SpecimenKeeper(layer: Self.specimen(of: chosen), step: steps[steps.count / 2])
  }

  /// The layer that is computed by hand: the first on the way up whose grid is nearest to 16×16.
  private static func specimen(of layers: [AttentionLayer]) -> AttentionLayer {
    layers.min {
      func cost(_ layer: AttentionLayer) -> Int {
        abs(layer.pixels - 256) * 4 + (layer.place == .up ? 0 : 1)
      }
      return cost($0) < cost($1)
    } ?? layers[0]
  }

  var observers: [any AttentionObserver] {
    let optional: [(any AttentionObserver)?] = [
      conditional, unconditional, selfAttention, specimen,
    ]
    return optional.compactMap(\.self)
  }
}

extension MapLedger {
  /// The heatmaps of every aggregate that has a layer to look at.
  package func heatmaps(latent: (height: Int, width: Int)) -> [Heatmaps] {
    let sums = AttentionSums(
      layers: layers, sums: sums.compactMap(\.self), last: last.compactMap(\.self),
      steps: seen.count, latent: latent, sequences: columns.sequences)
    return Aggregate.allCases.compactMap { Heatmaps($0, of: sums, columns) }
  }

  /// The plain means of the last step alone.
  package func lastMean(latent: (height: Int, width: Int)) -> Heatmaps? {
    let last = last.compactMap(\.self)
    return Heatmaps(
      .mean,
      of: AttentionSums(
        layers: layers, sums: last, last: last, steps: 1, latent: latent,
        sequences: columns.sequences), columns)
  }
}

/// Keeps the matrices of one layer at one step.
final class SpecimenKeeper: AttentionObserver {
  let layer: AttentionLayer
  let step: Int
  private(set) var matrices: Tensor?

  init(layer: AttentionLayer, step: Int) { (self.layer, self.step) = (layer, step) }

  func wants(_ layer: AttentionLayer, _ site: UNetPassSite) -> Bool {
    layer == self.layer && site.step == step && site.call == 0
      && site.conditions != .unconditional
  }

  func visit(_ visited: inout AttentionMatrices) {
    // A copy: the half borrows the memory of the whole batch.
    matrices = visited[.conditional]?.scaled(by: 1)
  }
}

import Imaging
import LatentDiffusion
import Networks
import Tensors

/// A picture, and the same picture drawn with changed attention beside it, step by step.
package struct EditedRun: Sendable {
  /// As the first picture's U-Net heard them.
  package let prompts: EncodedPrompts
  /// The words and other tokens of its prompt.
  package let columns: PromptColumns
  /// Sampler, steps and what the walk does, in words.
  package let walkWords: String
  /// What was done otherwise than usual, a few words each.
  package let partsWords: [String]
  /// What was drawn without any change.
  package let picture: Image
  /// Of the first picture.
  package let heatmaps: [Heatmaps]
  /// One for each change.
  package let variants: [Variant]

  /// - Parameters:
  ///   - generation: makes the first picture.
  ///   - interventions: the changes, one more picture each.
  ///   - injection: until when stored attention takes the place of the new one.
  ///   - selection: which matrices the heatmaps are made of.
  ///   - progress: called after each step of each picture.
  /// - Throws: `SelectionError` for a word that the prompt does not hold, `PromptMarkError` for a word
  ///   whose marks cannot be read, or `NotFiniteError`.
  package init(
    _ generation: Generation, _ interventions: [Intervention],
    injection: InjectionSchedule = InjectionSchedule(), selection: MapSelection = MapSelection(),
    progress: () -> Void = {}
  ) throws {
    let (model, latentSize) = (generation.model, generation.latentSize)
    func all(_ kind: AttentionLayer.Kind) -> [AttentionLayer] {
      AttentionLayer.all(
        kind, of: model.unet.configuration, height: latentSize.height, width: latentSize.width)
    }
    let chosen = try selection.filter(all(.cross))
    func ledger(_ columns: PromptColumns) -> MapLedger {
      MapLedger(
        of: columns, layers: chosen, selection: selection,
        steps: selection.steps(in: generation.timesteps), keepsMaps: false)
    }
    let columns = PromptColumns(generation.prompts.conditionalTokens)
    let first = ledger(columns)
    let store = AttentionStore(injection, steps: generation.stepCount)
    let layers = all(.cross) + all(.selfAttention)
    let needsStore = interventions.contains(where: \.injects)
    let watch = AttentionWatch(layers, needsStore ? [first, store] : [first])
    var changed = try interventions.map {
      try VariantWalk($0, of: generation, layers, store, injection, ledger)
    }
    var latent = generation.start
    for step in generation.probed(by: watch.probe) {
      latent = try step.checkedNext(of: model)
      progress()
      for index in changed.indices {
        changed[index].step()
        progress()
      }
    }
    let picture = generation.decode(latent)
    let heatmaps = first.heatmaps(latent: latentSize)
    self.prompts = generation.prompts
    (walkWords, partsWords) = (generation.walkWords, generation.partsWords)
    self.columns = columns
    self.picture = Image(picture)
    self.heatmaps = heatmaps
    variants = changed.map { $0.finished(original: picture, heatmaps: heatmaps, columns: columns) }
  }
}

/// A changed picture in the making, one step behind the first.
private struct VariantWalk {
  private let intervention: Intervention
  private let prompt: String
  private let generation: Generation
  private let ledger: MapLedger
  private var steps: Generation.Iterator
  private var latent: Tensor

  init(
    _ intervention: Intervention, of first: Generation, _ layers: [AttentionLayer],
    _ store: AttentionStore, _ schedule: InjectionSchedule,
    _ makeLedger: (PromptColumns) -> MapLedger
  ) throws {
    let old = first.prompts.conditionalTokens
    self.intervention = intervention
    prompt = try intervention.prompt(of: old)
    let prompts = try Self.prompts(intervention, first)
    let new = prompts.conditionalTokens
    let editor = AttentionEditor(
      intervention, from: old, to: new, store: store, schedule: schedule, steps: first.stepCount)
    ledger = makeLedger(PromptColumns(new))
    generation = first.probed(
      by: AttentionWatch(layers, [editor, ledger]).probe, hearing: prompts)
    steps = generation.makeIterator()
    latent = generation.start
  }

  /// What the U-Net hears.
  private static func prompts(
    _ intervention: Intervention, _ first: Generation
  ) throws -> EncodedPrompts {
    switch intervention {
    case .ablate, .scale: return first.prompts
    case .erase(let word):
      let columns = PromptColumns(first.prompts.conditionalTokens)
      return try first.prompts(
        hiding: Set(columns.columns(of: word).flatMap { columns.columns[$0].positions }))
    case .swap:
      let (model, request) = (first.model, first.request)
      return try model.encode(
        prompt: request.prompt, negativePrompt: request.negativePrompt, reading: request.reading,
        skippingLast: request.clipSkip
      ) { intervention.changed(model.tokenizer.tokenize($0)) }
    }
  }

  mutating func step() { latent = steps.next()?.next ?? latent }

  /// - Parameters:
  ///   - original: the first picture, shape [1, 3, H, W] in [−1, 1].
  ///   - heatmaps, columns: of the first picture.
  func finished(original: Tensor, heatmaps: [Heatmaps], columns: PromptColumns) -> Variant {
    let picture = generation.decode(latent)
    let change = Self.change(from: original, to: picture)
    let word = columns.columns(of: intervention.word)
    return Variant(
      intervention: intervention, prompt: prompt, columns: ledger.columns, picture: Image(picture),
      heatmaps: ledger.heatmaps(latent: generation.latentSize), change: change,
      effects: heatmaps.compactMap { maps in
        maps.mean(of: word).map { Effect(maps.aggregate, heatmap: $0, change: change) }
      })
  }

  private static func change(from original: Tensor, to picture: Tensor) -> Tensor {
    let (channels, plane) = (picture.shape[1], picture.shape[2] * picture.shape[3])
    let (a, b) = (original.clamped(to: -1...1), picture.clamped(to: -1...1))
    return Tensor([picture.shape[2], picture.shape[3]]) { out in
      a.withUnsafeElements { a in
        b.withUnsafeElements { b in
          for i in 0..<plane {
            let squares = (0..<channels).reduce(Float(0)) {
              let difference = (a[$1 * plane + i] - b[$1 * plane + i]) / 2
              return $0 + difference * difference
            }
            out[i] = (squares / Float(channels)).squareRoot()
          }
        }
      }
    }
  }
}

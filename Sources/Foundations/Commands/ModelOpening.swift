import LatentDiffusion

extension InspectorRun {
  /// Opens the diffusion model that options name.
  /// - Parameters:
  ///   - model: which one, and which variant of its weights.
  ///   - parts: which of a checkpoint's weights, and whose first stage.
  /// - Throws: `ShippedFileError`, or what opening throws.
  public func open(
    _ model: ModelOption, _ parts: ModelPartsOption
  ) throws -> LatentDiffusionModel {
    try LatentDiffusionModel(
      opening: model.path(self), variant: model.variant, weights: parts.weights,
      firstStage: parts.vae)
  }

  /// Opens the model as the stage "opening the model", teaches it words and adds LoRAs.
  /// - Parameters:
  ///   - model: which one, and which variant of its weights.
  ///   - parts: which of a checkpoint's weights, and whose first stage.
  ///   - words: that somebody taught such a model.
  ///   - loras: what is added to its weights.
  /// - Returns: the model, and what the LoRAs change; nil where there are none.
  /// - Throws: what opening the files throws.
  public func open(
    _ model: ModelOption, _ parts: ModelPartsOption, learning words: EmbeddingOption,
    adding loras: LoRAOption
  ) throws -> (model: LatentDiffusionModel, report: LoRAReport?) {
    try stage("opening the model") { _ in
      let model = try open(model, parts).learning(words.words())
      return (model, LoRAReport(try LoRAAddition(loras.choices, to: model).add()))
    }
  }
}

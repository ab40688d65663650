extension GenerationRequest {
  /// What makes a picture otherwise than usual, a few words each, the same on every page: factors that
  /// are rounded, layers that a prompt does not pass, marks that are read, another first stage.
  /// - Parameter model: what makes it.
  public func partsWords(with model: LatentDiffusionModel) -> [String] {
    var words: [String] = []
    if precision != .float32 { words.append("factors in \(precision.rawValue)") }
    if clipSkip > 0 {
      let layers = clipSkip == 1 ? "layer" : "\(clipSkip) layers"
      words.append("without the last \(layers) of the text encoder")
    }
    if reading.marks != .plain {
      words.append("weights of words as \(reading.marks.rawValue) reads them")
    }
    if let stage = model.otherFirstStage { words.append(stage.words) }
    return words
  }
}

extension Generation {
  /// What makes the picture otherwise than usual, in a few words each.
  public var partsWords: [String] { request.partsWords(with: model) }
}

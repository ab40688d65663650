import LatentDiffusion

extension Generation {
  /// What made the picture otherwise than usual, a few words each: factors that are rounded, layers that a
  /// prompt does not pass, marks that are read, another first stage.
  var partsWords: [String] {
    var words: [String] = []
    if request.precision != .float32 { words.append("factors in \(request.precision.rawValue)") }
    if request.clipSkip > 0 {
      let layers = request.clipSkip == 1 ? "layer" : "\(request.clipSkip) layers"
      words.append("without the last \(layers) of the text encoder")
    }
    if request.reading.marks != .plain {
      words.append("weights of words as \(request.reading.marks.rawValue) reads them")
    }
    if let stage = model.otherFirstStage {
      words.append("decoded by the first stage of \(stage.path)")
    }
    return words
  }
}

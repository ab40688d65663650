import Evaluation
import LatentDiffusion
import Tensors
import Training

/// The pictures of captions, beside the same scenes as they should look.
struct CaptionTrials: Sendable {
  let trials: [Trial]
  /// Readings of the true scenes, and of these after a way through the first stage and back.
  let drawn, decoded: [SceneClassifier.Reading]
  /// The Fréchet distances to other held-out scenes.
  let distances: [(name: String, count: Int, distance: Double)]
  /// The largest difference of a pixel between a picture made in a batch and alone.
  let batchDifference: Float

  /// - Parameter advance: called after each picture.
  /// - Throws: what making pictures throws.
  init(
    _ model: LatentDiffusionModel, _ evaluator: SceneClassifier, _ settings: TrialSettings,
    advance: () -> Void
  ) throws {
    let judge = CaptionJudge(evaluator)
    let generated = try CaptionEvaluation(model, judge.reader, settings, advance: advance)
    var (drawn, decoded) = (PictureReader.Sheet(), PictureReader.Sheet())
    for indices in settings.batches {
      let scenes = CaptionJudge.scenes.batch(indices).pictures
      judge.reader.read(scenes, into: &drawn)
      judge.reader.read(model.firstStage.roundTrip(scenes), into: &decoded)
    }
    (trials, self.drawn, self.decoded) = (generated.trials, drawn.readings, decoded.readings)
    batchDifference = generated.batchDifference
    distances = [("generated", generated.sheet), ("decoded", decoded), ("drawn", drawn)].map {
      ($0, settings.count, judge.frechetDistance(of: $1))
    }
  }
}

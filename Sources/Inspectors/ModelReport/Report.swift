import Evaluation
import Imaging
import LatentDiffusion
import Storybook
import Training

/// What one run measured; what was not asked for is nil or empty.
struct Report: Sendable {
  let modelName: String
  /// What takes the place of the model's own first stage.
  let firstStage: OtherFirstStage?
  let settings: TrialSettings
  var captions: CaptionTrials?
  var reconstructions: [Reconstruction] = []
  var pointing: PointingEvaluation?
  var ablation: AblationEvaluation?

  /// What words may name; nil for all of them together.
  static let subjects: [PointingGame.Subject?] = [nil] + PointingGame.Subject.allCases
}

extension CaptionTrials {
  /// The scores of the model's pictures and of what they can be compared with, best last but one:
  /// chance is what the same pictures score against one another's captions.
  var scores: [(name: String, scores: CaptionScores)] {
    let asked = trials.map(\.scene.content)
    let read = trials.map(\.reading)
    let others = Array(asked.dropFirst() + asked.prefix(1))
    return [
      ("generated", CaptionScores(read, asked: asked)),
      ("chance", CaptionScores(read, asked: others)),
      ("decoded scenes", CaptionScores(decoded, asked: asked)),
      ("true scenes", CaptionScores(drawn, asked: asked)),
    ]
  }

  /// Those with most mistakes first, then the least certain.
  var worstFirst: [Trial] {
    trials.sorted {
      ($0.mistakes.count, $1.confidence, $1.index) > ($1.mistakes.count, $0.confidence, $0.index)
    }
  }

  /// What was read where something else was asked for, by groups of attributes with like classes.
  var confusions: [(name: String, classes: [String], counts: [[Int]])] {
    let groups: [(String, [SceneAttribute])] = [
      ("time", [.time]), ("ground", [.ground]), ("sky", [.sky]),
      ("object", [.firstKind, .secondKind]), ("colour", [.firstColor, .secondColor]),
    ]
    return groups.map { name, attributes in
      let table = CaptionScores.confusion(
        trials.map(\.reading), asked: trials.map(\.scene.content), in: attributes)
      return (name, table.classes, table.counts)
    }
  }
}

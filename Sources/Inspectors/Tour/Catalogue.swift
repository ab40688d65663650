import AttentionEdits
import AttentionMaps
import CheckpointContents
import Commands
import Conditioning
import DownsamplingStudy
import ForwardNoising
import GuidanceSweep
import ModelReport
import Pages
import ReverseStep
import SamplerComparison
import StorybookWorld
import TextEncoding
import TextToImage
import TrainAutoencoder
import TrainClassifier
import TrainDiffusion
import TrainTokenizer
import UNetWalk
import VAECompression
import VariationalBound

/// Every inspector there is, in the order in which a person learns, which is that of `LearningOrder`.
public enum Catalogue {
  /// One stop of the tour.
  public struct Stop: Sendable {
    public let command: any InspectorCommand.Type
    /// What the tour runs it with, besides `--image`, `--prompt` and `--output`.
    public let arguments: [String]
    /// Whether it has `--image`.
    public let takesImage: Bool
    /// The picture of its run that stands for it.
    public let thumbnail: String
    /// Whether it tells how long things take or what memory they need: nothing else runs meanwhile.
    public var measures = false
    /// Whether it is among those that take longest.
    var isLong = false

    /// Whether it has `--prompt`, and needs nothing else for it.
    public var takesPrompt: Bool {
      // The prompt of a reverse step is for a model, and the tour's step knows the picture.
      name != "reverse-step" && command.helpMessage().contains("\n  --prompt ")
    }

    /// The executable's name.
    public var name: String { command.name }
    /// Its place among the concepts, as in the notebooks' file names.
    public var number: Int? { LearningOrder.stop(name)?.number }
  }

  public static let stops: [Stop] = [
    Stop(
      command: StorybookCommand.self, arguments: [], takesImage: false,
      thumbnail: "images/scene-00000.png", measures: true),
    Stop(
      command: ForwardNoisingCommand.self, arguments: [], takesImage: true,
      thumbnail: "images/x_t-0480.png"),
    Stop(
      command: ReverseStepCommand.self, arguments: ["--trajectory"], takesImage: true,
      thumbnail: "images/x0_hat-0999.png", isLong: true),
    Stop(
      command: VariationalBoundCommand.self, arguments: [], takesImage: true,
      thumbnail: "images/x0_hat-0303.png"),
    Stop(
      command: SamplerComparisonCommand.self, arguments: [], takesImage: false,
      thumbnail: "images/reference.png", measures: true),
    Stop(
      command: VAECompressionCommand.self, arguments: [], takesImage: true,
      thumbnail: "images/reconstruction-kl-f8.png", measures: true),
    Stop(
      command: DownsamplingStudyCommand.self, arguments: [], takesImage: false,
      thumbnail: "images/ldm-08-04.png"),
    Stop(
      command: TextEncodingCommand.self, arguments: [], takesImage: false,
      thumbnail: "images/influence-03.png"),
    Stop(
      command: UNetWalkCommand.self, arguments: [], takesImage: true,
      thumbnail: "images/conv_in.png", measures: true),
    Stop(
      command: AttentionMapsCommand.self, arguments: [], takesImage: false,
      thumbnail: "images/daam-word-03.png"),
    Stop(
      command: AttentionEditsCommand.self, arguments: [], takesImage: false,
      thumbnail: "images/variant-2.png"),
    Stop(
      command: GuidanceSweepCommand.self, arguments: [], takesImage: false,
      thumbnail: "images/scale-3.png", isLong: true),
    Stop(
      command: ConditioningCommand.self,
      arguments: ["--ways", "layout,inpainting,semantic-map"], takesImage: false,
      thumbnail: "images/layout-picture.png"),
    Stop(
      command: TextToImageCommand.self, arguments: [], takesImage: false,
      thumbnail: "image.png", measures: true),
    Stop(
      command: TrainAutoencoderCommand.self,
      arguments: ["--factor", "4", "--steps", "24", "--crop", "32"], takesImage: false,
      thumbnail: "images/scene-000024.png", isLong: true),
    Stop(
      command: TrainDiffusionCommand.self,
      arguments: [
        "--pixels", "--size", "32", "--channels", "32,64,96", "--steps", "16", "--batch", "4",
        "--scenes", "64",
      ], takesImage: false, thumbnail: "images/samples-000016.png", isLong: true),
    Stop(
      command: CheckpointCommand.self, arguments: [], takesImage: false,
      thumbnail: "images/modules.png"),
  ]

  /// The inspectors at which the tour does not stop.
  public static let others: [any InspectorCommand.Type] = [
    ModelReportCommand.self, TrainTokenizerCommand.self, TrainClassifierCommand.self,
    FixtureImagesCommand.self, TourCommand.self,
  ]

  /// The inspector with an executable's name.
  public static func command(named name: String) -> (any InspectorCommand.Type)? {
    (stops.map(\.command) + others).first { $0.name == name }
  }
}

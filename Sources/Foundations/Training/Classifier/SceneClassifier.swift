import Checkpoints
import JSON
import Networks
import Storybook
import Tensors

/// A small convolutional network that says what a storybook picture shows.
///
///     h = [x, column, row];   h = SiLU(norm(conv₃ₓ₃, stride 2(h))) per stage
///     y = W · [mean of each column of h]
///
/// The last stage is averaged over its rows but not over its columns, and every pixel is told its
/// place (Liu et al. 2018, arXiv:1807.03247): the classes say which object stands left and which
/// right. The network serves two ends: its inner stages are what a perceptual loss compares, and its
/// answers and pooled features measure generated pictures.
public struct SceneClassifier: Network {
  /// Pixels on each side of the pictures that it can name.
  public static let pictureSize = 128

  /// The architecture it was built from.
  public let configuration: SceneClassifierConfiguration
  /// Every trainable tensor, in the order of building.
  public let parameters: [Parameter]
  private let stages: [Stage]
  private let head: Linear

  private struct Stage {
    let convolution: Convolution2d
    let norm: GroupNorm
  }

  /// What messages call it.
  public static var role: String { "the classifier" }

  /// Builds the stages and the head; each parameter is asked of `scope`.
  /// - Throws: `JSONError` or `CheckpointError`.
  public init(_ configuration: SceneClassifierConfiguration, in scope: ParameterScope) throws {
    self.configuration = configuration
    var inputs = 5
    var stages: [Stage] = []
    for (i, channels) in configuration.stageChannels.enumerated() {
      let scope = scope["stages"][i]
      stages.append(
        Stage(
          convolution: try Convolution2d(inputs, channels, stride: 2, in: scope["conv"]),
          norm: try GroupNorm(
            channels, groups: configuration.normGroups, epsilon: 1e-5, in: scope["norm"])))
      inputs = channels
    }
    self.stages = stages
    let columns = Self.pictureSize >> configuration.stageChannels.count
    head = try Linear(columns * inputs, SceneAttribute.classCount, in: scope["head"])
    parameters = scope.parameters
  }

  /// What each stage makes of pictures.
  /// - Parameters:
  ///   - images: [B, 3, H, W] in [−1, 1]; any size works for features.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: channels-last maps [B, h, w, C], finest first.
  public func features(of images: Tensor, _ pass: ForwardPass = ForwardPass()) -> [Tensor] {
    precondition(
      images.rank == 4 && images.shape[1] == 3,
      "images: expected [B, 3, H, W], found \(images.shape)"
    )
    let places = Self.places(images.shape[0], height: images.shape[2], width: images.shape[3])
    var h = pass.concatenateChannels(pass.channelsLast(images), places)
    let maps = stages.map { stage in
      h = stage.norm(stage.convolution(h, pass), thenSiLU: true, pass)
      return h
    }
    _ = watched(h)
    return maps
  }

  /// Logits of all classes of all attributes, in the order of `SceneAttribute`.
  /// - Parameters:
  ///   - images: [B, 3, S, S] in [−1, 1], S = `pictureSize`.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, SceneAttribute.classCount]
  public func callAsFunction(_ images: Tensor, _ pass: ForwardPass = ForwardPass()) -> Tensor {
    logits(of: lastMap(images, pass), pass)
  }

  /// The logits, and one vector for each picture to compare sets of pictures by: the mean of the
  /// last stage over all pixels, [B, C].
  public func answer(_ images: Tensor) -> (logits: Tensor, features: Tensor) {
    let pass = ForwardPass()
    let map = lastMap(images, pass)
    return (logits(of: map, pass), pass.meanOverPixels(map))
  }

  private func lastMap(_ images: Tensor, _ pass: ForwardPass) -> Tensor {
    precondition(
      images.shape.suffix(2) == [Self.pictureSize, Self.pictureSize],
      "images: expected \(Self.pictureSize) pixels a side, found \(images.shape)")
    let maps = features(of: images, pass)
    return maps[maps.count - 1]
  }

  private func logits(of map: Tensor, _ pass: ForwardPass) -> Tensor {
    // Rows are the pixels to average over, columns a part of the features.
    let columns = map.reshaped([map.shape[0], map.shape[1], 1, map.shape[2] * map.shape[3]])
    return watched(head(pass.meanOverPixels(columns), pass))
  }

  /// Column and row of every pixel's middle, −1…1: [B, H, W, 2].
  private static func places(_ batch: Int, height: Int, width: Int) -> Tensor {
    Tensor([batch, height, width, 2]) { out in
      for i in 0..<batch * height * width {
        let (x, y) = (i % width, i / width % height)
        out[2 * i] = Float(2 * x + 1) / Float(width) - 1
        out[2 * i + 1] = Float(2 * y + 1) / Float(height) - 1
      }
    }
  }
}

extension SceneClassifier {
  /// What a classifier sees in one picture.
  public struct Reading: Sendable, Equatable {
    /// The likeliest class of each attribute, and its probability.
    public let classes: [SceneAttribute: String]
    /// The probability of that class, 0…1.
    public let confidence: [SceneAttribute: Double]

    package init(classes: [SceneAttribute: String], confidence: [SceneAttribute: Double]) {
      (self.classes, self.confidence) = (classes, confidence)
    }

    /// The likeliest class of an attribute.
    public subscript(_ attribute: SceneAttribute) -> String { classes[attribute] ?? "" }

    /// Whether the picture shows what `content` says in this attribute.
    public func agrees(with content: SceneContent, in attribute: SceneAttribute) -> Bool {
      classes[attribute] == attribute.className(in: content)
    }

    /// Whether it shows all of it.
    public func agrees(with content: SceneContent) -> Bool {
      SceneAttribute.allCases.allSatisfy { agrees(with: content, in: $0) }
    }
  }

  /// Reads pictures, some at a time.
  /// - Parameter images: [B, 3, H, W] in [−1, 1].
  public func readings(of images: Tensor) -> [Reading] {
    stride(from: 0, to: images.shape[0], by: 32).flatMap { start in
      Self.readings(self(images.rows(start..<min(start + 32, images.shape[0]))))
    }
  }

  /// The readings that logits amount to.
  /// - Parameter logits: [B, SceneAttribute.classCount]
  public static func readings(_ logits: Tensor) -> [Reading] {
    let values = logits.elements
    return (0..<logits.shape[0]).map { row in
      var classes: [SceneAttribute: String] = [:]
      var confidence: [SceneAttribute: Double] = [:]
      for attribute in SceneAttribute.allCases {
        let start = row * SceneAttribute.classCount + attribute.range.lowerBound
        let (best, probability) = CrossEntropy.likeliest(
          values[start..<start + attribute.classes.count])
        classes[attribute] = attribute.classes[best]
        confidence[attribute] = probability
      }
      return Reading(classes: classes, confidence: confidence)
    }
  }

  /// Opens a folder with `config.json` and `model.safetensors`.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`.
  public init(folder: String) throws {
    let configuration = try SceneClassifierConfiguration(
      JSONNode(ofModel: folder + "/config.json"))
    try self.init(configuration, weights: SafetensorsFile(folder + "/model.safetensors"))
  }
}

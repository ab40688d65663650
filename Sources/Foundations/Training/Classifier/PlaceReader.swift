import Checkpoints
import JSON
import Networks
import Storybook
import Tensors

/// What each place of a storybook picture shows: one class for every pixel of a small picture.
public struct PlaceMap: Sendable, Equatable {
  /// The classes: the open sky, and what a box can hold.
  public static let classes = ["sky"] + BoxClass.allCases.map(\.rawValue)
  /// Pixels on each side.
  public static let size = 64
  /// Where two things share a pixel, so that it belongs to none.
  public static let undecided = -1
  /// How much of a pixel a thing must fill to own it.
  private static let ownership: Float = 0.75

  /// An index into `classes` or `undecided`, for each pixel, row by row.
  public let labels: [Int]

  package init(labels: [Int]) { self.labels = labels }

  /// What scene `index` of a batch shows.
  /// - Precondition: the batch has masks, of a multiple of `size` pixels.
  public init(_ batch: SceneBatch, at index: Int) {
    guard let all = batch.shares else { preconditionFailure("a batch without masks") }
    let shares = all.rows(index..<index + 1).meanPooled(all.shape[2] / Self.size)
    let content = batch.scenes[index].content
    func label(_ name: String?) -> Int {
      name.flatMap(Self.classes.firstIndex) ?? Self.undecided
    }
    let layers =
      [0, label(content.sky?.rawValue), label(content.ground.rawValue)]
      + (0..<2).map { label($0 < content.objects.count ? content.objects[$0].kind.rawValue : nil) }
    let pixels = Self.size * Self.size
    labels = shares.withUnsafeElements { values in
      (0..<pixels).map { pixel in
        layers.indices.first { values[$0 * pixels + pixel] >= Self.ownership }
          .map { layers[$0] } ?? Self.undecided
      }
    }
  }

  /// The name of what is seen at a place: fractions of the sides.
  public subscript(x: Float, y: Float) -> String? {
    func pixel(_ place: Float) -> Int { min(max(Int(place * Float(Self.size)), 0), Self.size - 1) }
    let label = labels[pixel(y) * Self.size + pixel(x)]
    return label == Self.undecided ? nil : Self.classes[label]
  }
}

/// A network that says of each place of a storybook picture what it shows: a U-Net in its first trade
/// (Ronneberger et al. 2015, arXiv:1505.04597), here the U-Net of diffusion with its time at 0.
///
/// It measures what a model made of a layout or a map, and takes no part in any training.
public struct PlaceReader: Sendable {
  /// The network: three channels in, one for each class out.
  package let unet: UNet2DConditionModel

  /// An untrained reader.
  /// - Parameters:
  ///   - channels: of each level, finest first, multiples of 8.
  ///   - seed: of the random weights.
  /// - Throws: `JSONError` for channels that do not fit.
  package init(channels: [Int], seed: UInt64) throws {
    func each<Value>(_ value: Value) -> [Value] { channels.map { _ in value } }
    var configuration = UNetConfiguration()
    configuration.sampleSize = [PlaceMap.size, PlaceMap.size]
    (configuration.inChannels, configuration.outChannels) = (3, PlaceMap.classes.count)
    configuration.blockOutChannels = channels
    (configuration.downBlocks, configuration.upBlocks) = (each(.plain), each(.plain))
    configuration.midBlock = .plain
    configuration.layersPerBlock = each(1)
    (configuration.attentionHeads, configuration.crossAttentionDimensions) = (each(1), each(8))
    configuration.transformerLayers = each(1)
    configuration.normGroups = 8
    unet = try UNet2DConditionModel(configuration, seed: seed)
  }

  /// Opens the folder of a trained reader.
  /// - Throws: `FileError`, `JSONError` or `CheckpointError`.
  public init(folder: String) throws {
    guard let part = try ModelFiles.open(folder, parts: [.unet]).unet else {
      throw CheckpointError.unsupported(file: folder, reason: "expected the folder of a U-Net")
    }
    unet = try UNet2DConditionModel(part)
    let channels = unet.configuration.outChannels
    guard channels == PlaceMap.classes.count else {
      throw CheckpointError.unsupported(
        file: folder,
        reason: "expected a reader of \(PlaceMap.classes.count) classes, found \(channels)")
    }
  }

  /// - Parameters:
  ///   - images: [B, 3, H, W] in [−1, 1], of any size.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: logits, [B, classes, 64, 64].
  package func callAsFunction(_ images: Tensor, _ pass: ForwardPass = ForwardPass()) -> Tensor {
    let small = images.resized(height: PlaceMap.size, width: PlaceMap.size, .area)
    return unet(small, timesteps: Array(repeating: 0, count: images.shape[0]), pass)
  }

  /// What the places of pictures show; every pixel gets a class.
  /// - Parameter images: [B, 3, H, W] in [−1, 1], of any size.
  public func maps(of images: Tensor) -> [PlaceMap] {
    stride(from: 0, to: images.shape[0], by: 32).flatMap { start in
      Self.maps(self(images.rows(start..<min(start + 32, images.shape[0]))))
    }
  }

  /// The likeliest class of each pixel.
  /// - Parameter logits: [B, classes, 64, 64]
  package static func maps(_ logits: Tensor) -> [PlaceMap] {
    let (classes, pixels) = (logits.shape[1], logits.shape[2] * logits.shape[3])
    return logits.withUnsafeElements { values in
      (0..<logits.shape[0]).map { row in
        PlaceMap(
          labels: (0..<pixels).map { pixel in
            (0..<classes).max { a, b in
              values[(row * classes + a) * pixels + pixel]
                < values[(row * classes + b) * pixels + pixel]
            } ?? 0
          })
      }
    }
  }
}

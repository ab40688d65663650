import Checkpoints
import Networks

/// The tiny autoencoder of fixtures/golden/parts.py, whose weights are drawn from their names.
public enum DrawnAutoencoderTiny {
  public static func network() throws -> AutoencoderTiny {
    var configuration = AutoencoderTinyConfiguration()
    configuration.encoderChannels = [16, 16, 16, 16]
    configuration.decoderChannels = [16, 16, 16, 16]
    (configuration.encoderBlocks, configuration.decoderBlocks) = ([1, 2, 1, 1], [2, 1, 1, 1])
    let untrained = try AutoencoderTiny(configuration, seed: 0)
    let shapes = Dictionary(uniqueKeysWithValues: untrained.parameters.map { ($0.name, $0.shape) })
    return try AutoencoderTiny(
      configuration, weights: DrawnWeights(shapes: shapes, origin: "tiny"))
  }
}

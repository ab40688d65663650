import Tensors

/// What can be read or replaced while a network computes.
public struct ProbeSite: Hashable, Sendable {
  /// Which of a layer's tensors is meant.
  public enum Quantity: String, Hashable, Sendable {
    /// What the layer gives: images channels-last [B, H, W, C], tokens [B, N, C].
    case output
    /// An attention layer's softmax(QKᵀ/√d), shape [B, heads, N, M]: each row sums to 1.
    case attentionWeights
  }

  /// The layer's diffusers module path, such as
  /// `down_blocks.0.attentions.1.transformer_blocks.0.attn2`.
  public let path: String
  /// Which tensor of the layer.
  public let quantity: Quantity

  /// The layer at a path; its output unless told.
  public init(_ path: String, _ quantity: Quantity = .output) {
    self.path = path
    self.quantity = quantity
  }
}

/// Looks into a forward pass, and may change it. Passed in explicitly, see `ForwardPass`.
///
/// A pass without a probe computes in the fastest way there is. With one, only what it wants is
/// made: an attention matrix that nobody asks for never exists.
public protocol Probe: AnyObject {
  /// Asked before a value is computed.
  func wants(_ site: ProbeSite) -> Bool
  /// Given each wanted value. Keeping it is cheap; assigning to it replaces the value in the rest of
  /// the pass (the shape must stay).
  func visit(_ value: inout Tensor, at site: ProbeSite)
  /// Told of each layer when it is done, inner layers before those that hold them.
  func finished(_ layer: LayerRecord)
}

extension Probe {
  /// Wants nothing, unless a probe says so.
  public func wants(_ site: ProbeSite) -> Bool { false }
  /// Leaves the value as it is, unless a probe says otherwise.
  public func visit(_ value: inout Tensor, at site: ProbeSite) {}
  /// Takes no notice, unless a probe says otherwise.
  public func finished(_ layer: LayerRecord) {}
}

/// What one layer did in one pass.
public struct LayerRecord: Sendable {
  /// The position at which the layer began, from 0; a layer begins before those within it.
  public let order: Int
  /// How many layers this one lies within.
  public let depth: Int
  /// The diffusers module path. Three operations that are no modules there have a path all the
  /// same, see `LayerKind`.
  public let path: String
  /// What the layer is, by its diffusers class.
  public let kind: LayerKind
  /// Images [B, H, W, C], tokens [B, N, C].
  public let inputShape: [Int]
  /// Images [B, H, W, C], tokens [B, N, C].
  public let outputShape: [Int]
  /// Trainable values used, by this layer and those within it.
  public let parameters: Int
  /// Floating-point operations of convolutions, matrix products and attention (a multiplication and
  /// an addition count as two), by this layer and those within it.
  public let flops: Int
  /// Time from begin to end without what probes took.
  public let seconds: Double
}

/// The class of a layer, by its diffusers name.
public enum LayerKind: String, Sendable, CaseIterable {
  case convolution = "Conv2d"
  case linear = "Linear"
  case groupNorm = "GroupNorm"
  case layerNorm = "LayerNorm"
  case embedding = "Embedding"
  case timesteps = "Timesteps"
  case timestepEmbedding = "TimestepEmbedding"
  case resnetBlock = "ResnetBlock2D"
  case downsample = "Downsample2D"
  case upsample = "Upsample2D"
  case attention = "Attention"
  case feedForward = "FeedForward"
  case geglu = "GEGLU"
  case transformerBlock = "BasicTransformerBlock"
  case transformer = "Transformer2DModel"
  case downBlock = "DownBlock2D"
  case crossAttentionDownBlock = "CrossAttnDownBlock2D"
  case midBlock = "UNetMidBlock2D"
  case crossAttentionMidBlock = "UNetMidBlock2DCrossAttn"
  case upBlock = "UpBlock2D"
  case crossAttentionUpBlock = "CrossAttnUpBlock2D"
  case encoder = "Encoder"
  case decoder = "Decoder"
  case encoderBlock = "DownEncoderBlock2D"
  case attentionEncoderBlock = "AttnDownEncoderBlock2D"
  case decoderBlock = "UpDecoderBlock2D"
  case attentionDecoderBlock = "AttnUpDecoderBlock2D"
  case quantizer = "VectorQuantizer"
  case textEmbeddings = "CLIPTextEmbeddings"
  case textEncoder = "CLIPEncoder"
  case textEncoderLayer = "CLIPEncoderLayer"
  case textAttention = "CLIPAttention"
  case textMLP = "CLIPMLP"
  /// softmax(QKᵀ/√d)·V, as `<attention>.product`.
  case attentionProduct = "scaled_dot_product_attention"
  /// A skip connection joined to the main path, as `<up block>.skips.<n>`.
  case skip = "concatenate"

  /// Whether the layer computes by itself; the others are made of such layers.
  public var isOperation: Bool {
    switch self {
    case .convolution, .linear, .groupNorm, .layerNorm, .embedding, .timesteps, .quantizer,
      .attentionProduct, .skip:
      true
    default: false
    }
  }
}

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
  /// Windows of an image times a weight.
  case convolution = "Conv2d"
  /// x·Wᵀ + b.
  case linear = "Linear"
  /// Normalisation over groups of channels of an image.
  case groupNorm = "GroupNorm"
  /// Normalisation over the features of a token.
  case layerNorm = "LayerNorm"
  /// Rows of a table.
  case embedding = "Embedding"
  /// Sines and cosines of t.
  case timesteps = "Timesteps"
  /// Two linear layers behind these.
  case timestepEmbedding = "TimestepEmbedding"
  /// Two convolutions with norms, added to what went in.
  case resnetBlock = "ResnetBlock2D"
  /// Half the height and width.
  case downsample = "Downsample2D"
  /// Double the height and width.
  case upsample = "Upsample2D"
  /// Tokens that ask others, or each other.
  case attention = "Attention"
  /// Two linear layers with a non-linearity between, token by token.
  case feedForward = "FeedForward"
  /// A linear layer, half of whose output gates the other half.
  case geglu = "GEGLU"
  /// Self-attention, cross-attention and feed-forward, each added.
  case transformerBlock = "BasicTransformerBlock"
  /// Such blocks over the pixels of an image.
  case transformer = "Transformer2DModel"
  /// A level on the way down, without attention.
  case downBlock = "DownBlock2D"
  /// A level on the way down, with attention to the prompt.
  case crossAttentionDownBlock = "CrossAttnDownBlock2D"
  /// The lowest level, without attention to the prompt.
  case midBlock = "UNetMidBlock2D"
  /// The lowest level, with attention to the prompt.
  case crossAttentionMidBlock = "UNetMidBlock2DCrossAttn"
  /// A level on the way up, without attention.
  case upBlock = "UpBlock2D"
  /// A level on the way up, with attention to the prompt.
  case crossAttentionUpBlock = "CrossAttnUpBlock2D"
  /// An autoencoder's way from image to latent.
  case encoder = "Encoder"
  /// An autoencoder's way from latent to image.
  case decoder = "Decoder"
  /// A level of the encoder.
  case encoderBlock = "DownEncoderBlock2D"
  /// A level of the encoder, with self-attention.
  case attentionEncoderBlock = "AttnDownEncoderBlock2D"
  /// A level of the decoder.
  case decoderBlock = "UpDecoderBlock2D"
  /// A level of the decoder, with self-attention.
  case attentionDecoderBlock = "AttnUpDecoderBlock2D"
  /// The nearest vector of the codebook for each pixel.
  case quantizer = "VectorQuantizer"
  /// Tokens and their positions as vectors.
  case textEmbeddings = "CLIPTextEmbeddings"
  /// All layers of the text encoder.
  case textEncoder = "CLIPEncoder"
  /// One of them: self-attention and MLP, each added.
  case textEncoderLayer = "CLIPEncoderLayer"
  /// Its self-attention, in which a token sees none behind it.
  case textAttention = "CLIPAttention"
  /// Its two linear layers.
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

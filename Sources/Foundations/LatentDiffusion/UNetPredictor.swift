import Diffusion
import Networks
import Tensors

/// One pass of the U-Net within a denoising loop: for whoever wants to look into it.
public struct UNetPassSite: Sendable, Equatable {
  /// Which conditions the images of the batch have, in order.
  public enum Conditions: Sendable, Equatable {
    /// [unconditional, conditional]: the first and the second half of the batch.
    case both
    /// τ_θ(y_u) for all of them.
    case unconditional
    /// τ_θ(y_c) for all of them.
    case conditional
  }

  /// 0-based; −1 outside a loop.
  public let step: Int
  /// The model's calls in this step are counted from 0; most samplers make one.
  public let call: Int
  /// 0-based, possibly between two training timesteps.
  public let t: Double
  /// What the images of the batch are conditioned on.
  public let conditions: Conditions

  /// A pass of one step; step, call and t as above.
  public init(step: Int, call: Int, t: Double, conditions: Conditions) {
    (self.step, self.call, self.t, self.conditions) = (step, call, t, conditions)
  }
}

/// Gives the probe for each pass of the U-Net, or nil for a pass that nobody looks into.
public typealias UNetProbing = (UNetPassSite) -> (any Probe)?

/// ε_θ(z_t, t, τ_θ(y)) as a noise predictor: the U-Net with its prompt, guided by a second one.
///
///     ε = ε_u + s · (ε_c − ε_u)                                   Ho, Salimans (arXiv:2207.12598)
///
/// A U-Net that is shown a picture is guided by it as well, s_I times as far as it leads:
///
///     ε = ε(∅, ∅) + s_I · (ε(I, ∅) − ε(∅, ∅)) + s · (ε(I, y) − ε(I, ∅))
///                                                    Brooks et al. (arXiv:2211.09800) Eq. 3
///
/// The halves of its guidance are then ε(I, ∅) and ε(I, y), both moved by (s_I − 1) times what the
/// picture changes.
///
/// With s = 1, and outside the interval of its refinements, the unconditional half is not computed; nor
/// is it for a U-Net that is told s itself, as those distilled for latent consistency models are.
public final class UNetPredictor: NoisePredictor {
  /// How the two halves of guidance are computed. The numbers are the same to rounding.
  public enum Batching: Sendable {
    /// One batch of both: each weight is read once, and what comes before the first prompt is
    /// computed once where nobody looks on.
    case together
    /// One after the other: half the activations in memory.
    case apart
  }

  /// The network that is asked.
  public let unet: UNet2DConditionModel
  /// What its output stands for.
  public let predictionType: PredictionType
  /// s
  public let guidanceScale: Double
  /// Where guidance acts, and what becomes of its spread.
  public let refinements: GuidanceRefinements
  /// How the two halves of guidance are computed.
  public let batching: Batching
  /// [τ_θ(y_u), τ_θ(y_c)], shape [2B, M, D]; without guidance τ_θ(y_c) alone, [B, M, D]; nil for a
  /// U-Net that attends to none.
  private let context: Tensor?
  /// The two of them by themselves.
  private let conditional, unconditional: Tensor?
  private let memory = ContextMemory()
  private let weightMemory: WeightMemory?
  /// As the context, for a U-Net that knows classes.
  private let labels: [Int]?
  /// Says which σ a timestep has.
  private let schedule: NoiseSchedule?
  /// Channels that are joined to z_t, shape [1, C, h, w].
  private let concatenated: Tensor?
  /// s_I
  private let imageGuidanceScale: Double
  private let precision: Precision
  private let probing: UNetProbing?
  private var step = -1
  /// How often the model was called in this step.
  private(set) var calls = 0

  /// - Parameters:
  ///   - unet: the network that is asked.
  ///   - predictionType: what its output stands for.
  ///   - conditional: τ_θ(y_c), shape [B, M, D]: one prompt for each picture.
  ///   - unconditional: τ_θ(y_u), same shape; not needed with s = 1, and where it is the same.
  ///   - labels: the class of each picture, for a U-Net that knows classes.
  ///   - unconditionalLabels: those that guidance leads away from; nil where they are the same.
  ///   - guidanceScale: s; 1 is no guidance.
  ///   - refinements: where guidance acts, and what becomes of its spread.
  ///   - schedule: says where an interval of the refinements lies.
  ///   - concatenated: what the U-Net sees beside z_t.
  ///   - imageGuidanceScale: s_I, where that is a picture; 1 to be guided by the prompt alone.
  ///   - batching: how the two halves of guidance are computed.
  ///   - precision: what the U-Net's products round their factors to.
  ///   - memoryUse: what memory the passes spend.
  ///   - probing: gives the probe for each pass.
  /// - Precondition: with an interval there is a schedule.
  public init(
    _ unet: UNet2DConditionModel, predictionType: PredictionType = .noise, conditional: Tensor?,
    unconditional: Tensor? = nil, labels: [Int]? = nil, unconditionalLabels: [Int]? = nil,
    guidanceScale: Double = 1, refinements: GuidanceRefinements = GuidanceRefinements(),
    schedule: NoiseSchedule? = nil, concatenated: Tensor? = nil, imageGuidanceScale: Double = 1,
    batching: Batching = .together, precision: Precision = .float32, memoryUse: MemoryUse = .lean,
    probing: UNetProbing? = nil
  ) {
    precondition(
      refinements.interval == nil || schedule != nil, "an interval of σ without a schedule")
    precondition(
      guidanceScale == 1 || unconditional?.shape == conditional?.shape,
      "guidance needs two prompts alike, not \(conditional?.shape ?? []) and "
        + "\(unconditional?.shape ?? [])")
    self.unet = unet
    self.predictionType = predictionType
    self.guidanceScale = guidanceScale
    (self.refinements, self.schedule) = (refinements, schedule)
    self.batching = batching
    (self.concatenated, self.imageGuidanceScale) = (concatenated, imageGuidanceScale)
    (self.precision, self.probing) = (precision, probing)
    weightMemory = memoryUse == .fast ? unet.weightMemory : nil
    (self.conditional, self.unconditional) = (conditional, unconditional)
    context =
      if guidanceScale != 1, !unet.configuration.isToldGuidance, let unconditional, let conditional
      {
        .concatenated([unconditional, conditional], along: 0)
      } else { conditional }
    self.labels =
      guidanceScale != 1 && !unet.configuration.isToldGuidance
      ? labels.map { (unconditionalLabels ?? $0) + $0 } : labels
  }

  /// Tells the predictor which step its next calls belong to, for those who look into them.
  public func begin(step: Int) {
    self.step = step
    calls = 0
  }

  /// - Parameters:
  ///   - x: z_t, shape [B, z, h, w].
  ///   - t: 0-based, possibly between two training timesteps.
  public func predict(_ x: Tensor, at t: Double) -> Prediction {
    defer { calls += 1 }
    let input = concatenated.map { .concatenated([x, $0], along: 1) } ?? x
    guard guidanceScale != 1, !unet.configuration.isToldGuidance else {
      return Prediction(output: pass(input, at: t, context, labels, .conditional))
    }
    let batch = input.shape[0]
    guard schedule.map({ refinements.act(at: $0.level(at: t)) }) ?? true else {
      return Prediction(output: half(input, at: t, batch..<2 * batch, .conditional))
    }
    let halves =
      switch batching {
      case .together: together(input, at: t)
      case .apart: apart(input, at: t)
      }
    let guidance = ledByPicture(halves, x, at: t)
    return Prediction(output: guidance.combined, guidance: guidance)
  }

  /// Both halves moved as the picture leads; nobody looks into the pass that sees none.
  private func ledByPicture(_ halves: Guidance, _ x: Tensor, at t: Double) -> Guidance {
    guard imageGuidanceScale != 1, let concatenated else { return halves }
    let blind = unet(
      .concatenated([x, .zeros(concatenated.shape)], along: 1),
      timesteps: Array(repeating: Float(t), count: x.shape[0]), context: unconditional,
      classLabels: labels.map { Array($0[0..<x.shape[0]]) }, ForwardPass(memory: memory))
    let push = (halves.unconditional - blind).scaled(by: Float(imageGuidanceScale - 1))
    return guidance(
      unconditional: halves.unconditional + push, conditional: halves.conditional + push)
  }

  private func together(_ input: Tensor, at t: Double) -> Guidance {
    // Up to the first prompt the two halves are the same.
    let isShared = context != nil && labels == nil && probing == nil
    let both = pass(
      isShared ? input : .concatenated([input, input], along: 0), at: t, context, labels, .both)
    return guidance(
      unconditional: both.rows(0..<input.shape[0]),
      conditional: both.rows(input.shape[0]..<2 * input.shape[0]))
  }

  private func apart(_ input: Tensor, at t: Double) -> Guidance {
    let batch = input.shape[0]
    let unconditional = half(input, at: t, 0..<batch, .unconditional)
    let conditional = half(input, at: t, batch..<2 * batch, .conditional)
    return guidance(unconditional: unconditional, conditional: conditional)
  }

  /// A pass with one of the contexts, and the labels `rows`.
  private func half(
    _ input: Tensor, at t: Double, _ rows: Range<Int>, _ conditions: UNetPassSite.Conditions
  ) -> Tensor {
    let context = conditions == .conditional ? conditional : unconditional
    return pass(input, at: t, context, labels.map { Array($0[rows]) }, conditions)
  }

  private func guidance(unconditional: Tensor, conditional: Tensor) -> Guidance {
    Guidance(
      unconditional: unconditional, conditional: conditional, scale: guidanceScale,
      rescale: refinements.rescale)
  }

  private func pass(
    _ input: Tensor, at t: Double, _ context: Tensor?, _ labels: [Int]?,
    _ conditions: UNetPassSite.Conditions
  ) -> Tensor {
    let site = UNetPassSite(step: step, call: calls, t: t, conditions: conditions)
    return unet(
      input, timesteps: Array(repeating: Float(t), count: input.shape[0]), context: context,
      classLabels: labels, guidance: toldGuidance(input.shape[0]),
      ForwardPass(
        probe: probing?(site), memory: memory, weightMemory: weightMemory, precision: precision))
  }

  /// w = s − 1 for each image, where the U-Net is told.
  private func toldGuidance(_ count: Int) -> [Float]? {
    guard unet.configuration.isToldGuidance else { return nil }
    return Array(repeating: Float(guidanceScale - 1), count: count)
  }
}

extension UNetConfiguration {
  /// Whether guidance is in the network, which is told its scale, not in two passes.
  var isToldGuidance: Bool { guidanceFeatures != nil }
}

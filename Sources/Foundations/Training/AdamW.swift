import CKernels
import Checkpoints
import Networks
import Tensors

/// Adam with decoupled weight decay (Loshchilov, Hutter 2019, arXiv:1711.05101, Alg. 2; Kingma, Ba
/// 2015, arXiv:1412.6980), as `torch.optim.AdamW` computes it.
///
///     m ← β₁m + (1 − β₁)g,   v ← β₂v + (1 − β₂)g²
///     θ ← (1 − ηλ)θ − η · m̂ / (√v̂ + ε),   m̂ = m/(1 − β₁ⁿ),   v̂ = v/(1 − β₂ⁿ)
public final class AdamW {
  /// The constants of the rule.
  public struct Settings: Sendable {
    /// β₁
    public var beta1: Double
    /// β₂
    public var beta2: Double
    /// ε
    public var epsilon: Double
    /// λ
    public var weightDecay: Double
    /// The largest norm of all gradients together; larger ones are scaled down to it. nil for none.
    public var clipNorm: Double?

    /// The defaults of `torch.optim.AdamW`, and no clipping.
    public init(
      beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
      weightDecay: Double = 0.01, clipNorm: Double? = nil
    ) {
      (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
      (self.weightDecay, self.clipNorm) = (weightDecay, clipNorm)
    }
  }

  /// What is changed by the steps.
  public let parameters: [Parameter]
  /// The constants of the rule.
  public let settings: Settings
  /// How many steps were taken: n.
  public private(set) var steps = 0
  private var first: [Tensor]
  private var second: [Tensor]

  /// Begins at n = 0 with m = v = 0.
  public init(_ parameters: [Parameter], _ settings: Settings = Settings()) {
    self.parameters = parameters
    self.settings = settings
    first = parameters.map { Tensor.zeros($0.shape) }
    second = first.map { Tensor.zeros($0.shape) }
  }

  /// One step; a parameter without a gradient stays as it is.
  /// - Parameters:
  ///   - gradients: ∂L/∂θ of each parameter.
  ///   - learningRate: η
  /// - Returns: the norm of all gradients together, before clipping.
  @discardableResult
  public func step(_ gradients: Gradients, learningRate: Double) -> Double {
    steps += 1
    let all = parameters.map { gradients[$0] }
    let norm = Self.squaredNorms(all).reduce(0, +).squareRoot()
    let scale = settings.clipNorm.map { min(1, $0 / (norm + 1e-6)) } ?? 1
    let (b1, b2) = (settings.beta1, settings.beta2)
    let factors = ck_adamw_factors(
      gradient_scale: Float(scale), keep: Float(1 - learningRate * settings.weightDecay),
      beta1: Float(b1), beta2: Float(b2),
      step: Float(learningRate / (1 - power(b1, steps))),
      correct: Float(1 / (1 - power(b2, steps)).squareRoot()), epsilon: Float(settings.epsilon))
    for (index, gradient) in all.enumerated() {
      guard let gradient else { continue }
      update(index, gradient, factors)
    }
    return norm
  }

  private func update(_ index: Int, _ gradient: Tensor, _ factors: ck_adamw_factors) {
    gradient.withUnsafeElements { g in
      first[index].withUnsafeMutableElements { m in
        second[index].withUnsafeMutableElements { v in
          parameters[index].update { p in
            p.withUnsafeMutableElements { p in
              guard let g = g.baseAddress, let m = m.baseAddress, let v = v.baseAddress,
                let to = p.baseAddress
              else { return }
              Threads.split(p.count, grain: 1 << 13) { range in
                let first = range.lowerBound
                ck_adamw(factors, g + first, m + first, v + first, to + first, range.count)
              }
            }
          }
        }
      }
    }
  }

  /// Σ g² of each gradient; threads take whole gradients, so that the sums do not depend on them.
  private static func squaredNorms(_ gradients: [Tensor?]) -> [Double] {
    var squares = [Double](repeating: 0, count: gradients.count)
    squares.withUnsafeMutableBufferPointer { squares in
      nonisolated(unsafe) let squares = squares
      Threads.each(gradients.count) { index in
        if let gradient = gradients[index] { squares[index] = gradient.dot(gradient) }
      }
    }
    return squares
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent.bitWidth).reversed().reduce(1) { result, bit in
      result * result * (exponent >> bit & 1 == 1 ? base : 1)
    }
  }
}

extension AdamW: TrainingPart {
  /// n, m and v.
  public var savedTensors: [String: Tensor] {
    var tensors = ["steps": Tensor([1], [Float(steps)])]
    for (index, parameter) in parameters.enumerated() {
      tensors["first.\(parameter.name)"] = first[index]
      tensors["second.\(parameter.name)"] = second[index]
    }
    return tensors
  }

  /// Takes n, m and v back.
  /// - Throws: `CheckpointError` where the tensors are not those of these parameters.
  public func restore(from source: some WeightSource) throws {
    try source.requireFinite(source.names, of: "the optimiser")
    let steps = try source.tensor(named: "steps", shape: [1]).elements[0]
    guard steps >= 0, let steps = Int(exactly: steps) else {
      throw TrainingError.noState(file: source.origin)
    }
    self.steps = steps
    for (index, parameter) in parameters.enumerated() {
      first[index] = try source.tensor(named: "first.\(parameter.name)", shape: parameter.shape)
      second[index] = try source.tensor(named: "second.\(parameter.name)", shape: parameter.shape)
    }
  }
}

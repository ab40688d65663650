import Checkpoints
import Networks
import Tensors

/// LoRAs, and LoCons, LoHas and LoKrs, that fit a model and wait to be added to it.
///
///     let addition = try LoRAAddition([LoRAChoice("style.safetensors", scale: 0.8)], to: model)
///     let effects = try addition.add()
///
///     W' = W + Σ scale · (α / r) · B · A        LoRA (arXiv:2106.09685) Eq. 3, and `LoRALayer`
///
/// Everything is checked before anything is changed. The sums are made in float32.
public struct LoRAAddition: Sendable {
  fileprivate struct Change {
    let layer: LoRALayer
    let scale: Double
    let parameter: Parameter
  }

  private let changes: [Change]

  /// Whether there is nothing to add.
  public var isEmpty: Bool { changes.isEmpty }

  /// Opens LoRAs and finds their layers in a model.
  /// - Parameters:
  ///   - choices: in the order in which they are added; the order matters to rounding only.
  ///   - model: whose U-Net and text encoder they change.
  /// - Throws: `FileError`, `JSONError`, `CheckpointError`, or `LoRAError` for one of another model.
  public init(_ choices: [LoRAChoice], to model: LatentDiffusionModel) throws {
    let parameters: [(part: LoRAPart, parameters: [Parameter])] = [
      (.textEncoder, model.textEncoder.parameters), (.unet, model.unet.parameters),
    ]
    let shapes = parameters.map { part, list in
      (part, Dictionary(list.map { ($0.name, $0.shape) }) { first, _ in first })
    }
    let targets = LoRATargets(Dictionary(uniqueKeysWithValues: shapes))
    changes = try choices.flatMap { choice in
      let layers = try LoRAFile(choice.path).layers(for: targets)
      // In the order in which the networks have them.
      return parameters.flatMap { part, list in
        let names = Dictionary(
          layers.filter { $0.part == part }.map { ($0.parameterName, $0) }
        ) { first, _ in first }
        return list.compactMap { parameter in
          names[parameter.name].map {
            Change(layer: $0, scale: choice.scale, parameter: parameter)
          }
        }
      }
    }
  }

  /// Adds them. The model and all its copies share their parameters: what was encoded before stays,
  /// what is made afterwards is of the changed model. A second call adds them once more.
  /// - Returns: what each layer's change measures, in the order of files, text encoder and U-Net.
  /// - Throws: `LoRAError.overflow`; then nothing was changed.
  public func add() throws -> [LoRAEffect] {
    let spectra = Threads.map(changes.count) {
      changes[$0].layer.singularValues(scale: changes[$0].scale)
    }
    var before: [String: Double] = [:]
    var sums: [ObjectIdentifier: Tensor] = [:]
    var effects: [LoRAEffect] = []
    for (change, spectrum) in zip(changes, spectra) {
      let key = ObjectIdentifier(change.parameter)
      let weight = sums[key] ?? change.parameter.value
      let difference = change.layer.change(scale: change.scale)
      let sum = weight + difference
      guard sum.isFinite else {
        throw LoRAError.overflow(
          file: change.layer.file, layer: change.layer.module, scale: change.scale)
      }
      let name = "\(change.layer.part).\(change.layer.module)"
      let whole = before[name] ?? weight.norm
      (before[name], sums[key]) = (whole, sum)
      let norm = difference.norm
      effects.append(
        LoRAEffect(
          layer: change.layer, scale: change.scale, norm: norm,
          weightNorm: whole, singularValues: spectrum,
          sideResidual: change.sideResidual(before: weight, after: sum)))
    }
    for change in changes {
      if let sum = sums[ObjectIdentifier(change.parameter)] { change.parameter.value = sum }
    }
    return effects
  }
}

extension LoRAAddition.Change {
  /// How far W'x is from Wx + scale · factor · B(Ax), as a LoRA is computed while it is trained.
  fileprivate func sideResidual(before weight: Tensor, after sum: Tensor) -> Double {
    let (up, down) = layer.matrix.factors
    let x = TorchGenerator(seed: 0).normal([1, down.shape[1]])
    func applied(_ matrix: Tensor, _ x: Tensor) -> Tensor {
      Tensor.matrixProduct(x, matrix.reshaped([matrix.shape[0], -1]), transposeB: true)
    }
    let side = applied(up, applied(down, x))
      .scaled(by: Float(scale * layer.factor))
    let merged = applied(sum, x)
    let largest = max(merged.maxAbs, .leastNormalMagnitude)
    return Double(merged.maxAbsDifference(from: applied(weight, x) + side) / largest)
  }
}

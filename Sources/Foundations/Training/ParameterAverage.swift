import CKernels
import Checkpoints
import Networks
import Tensors

/// The exponential moving average of parameters, which makes better pictures than any one step's
/// (DDPM, arXiv:2006.11239, App. B).
///
/// Young averages follow faster, min(decay, (1 + n)/(10 + n)) after n steps, so that what the
/// parameters began with is soon forgotten.
public final class ParameterAverage {
  /// What is averaged.
  public let parameters: [Parameter]
  /// How much of the average stays in one step, once it is old.
  public let decay: Double
  private var steps = 0
  private var averages: [Tensor]

  /// Begins with the parameters as they are.
  public init(_ parameters: [Parameter], decay: Double) {
    self.parameters = parameters
    self.decay = decay
    averages = parameters.map(\.value)
  }

  /// Takes in what the parameters are now.
  public func update() {
    steps += 1
    let n = Double(steps)
    let share = Float(1 - min(decay, (1 + n) / (10 + n)))
    for (index, parameter) in parameters.enumerated() {
      averages[index].withUnsafeMutableElements { average in
        parameter.value.withUnsafeElements { value in
          guard let from = value.baseAddress, let to = average.baseAddress else { return }
          Threads.split(average.count, grain: 1 << 14) { range in
            ck_move_towards(
              from + range.lowerBound, share, to + range.lowerBound, range.count)
          }
        }
      }
    }
  }

  /// Runs `body` while the parameters are their averages.
  public func applied<Result>(_ body: () throws -> Result) rethrows -> Result {
    let present = parameters.map(\.value)
    for (parameter, average) in zip(parameters, averages) { parameter.value = average }
    defer { for (parameter, value) in zip(parameters, present) { parameter.value = value } }
    return try body()
  }
}

extension ParameterAverage: TrainingPart {
  /// The averages, and how many steps they are old.
  public var savedTensors: [String: Tensor] {
    var tensors = ["steps": Tensor([1], [Float(steps)])]
    for (parameter, average) in zip(parameters, averages) { tensors[parameter.name] = average }
    return tensors
  }

  /// Takes averages and steps back.
  /// - Throws: `CheckpointError` where the tensors are not those of these parameters.
  public func restore(from source: some WeightSource) throws {
    try source.requireFinite(source.names, of: "the average of the parameters")
    steps = Int(exactly: try source.tensor(named: "steps", shape: [1]).elements[0]) ?? 0
    for (index, parameter) in parameters.enumerated() {
      averages[index] = try source.tensor(named: parameter.name, shape: parameter.shape)
    }
  }
}

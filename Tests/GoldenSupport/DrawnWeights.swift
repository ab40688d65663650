import Checkpoints
import Tensors

/// The weights that golden scripts draw: `torch.randn` from the FNV-1a hash of each tensor's name.
public struct DrawnWeights: WeightSource {
  public var shapes: [String: [Int]]
  public var origin: String

  public init(shapes: [String: [Int]], origin: String) {
    (self.shapes, self.origin) = (shapes, origin)
  }

  public var names: [String] { shapes.keys.sorted() }

  public func info(_ name: String) -> TensorInfo? {
    shapes[name].map { TensorInfo(shape: $0, elementType: .float32) }
  }

  public func tensor(named name: String) throws -> Tensor {
    guard let shape = shapes[name] else {
      throw CheckpointError.missingTensor(file: origin, name: name, expected: nil)
    }
    let seed = name.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    let values = TorchGenerator(seed: UInt64(seed)).normal(shape)
    if shape.count > 1 {
      return values.scaled(by: 1 / Float(shape.dropFirst().reduce(1, *)).squareRoot())
    }
    let isScale = name.contains("norm") && name.hasSuffix("weight")
    return values.scaled(by: 0.1, plus: isScale ? 1 : 0)
  }
}

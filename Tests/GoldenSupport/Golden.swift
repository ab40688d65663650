import Checkpoints
import Tensors
import TestSupport

/// Numbers that another implementation computed, made by the script beside them.
public enum Golden {
  /// The tensors of `fixtures/golden/<name>.safetensors`.
  public static func load(_ name: String) throws -> [String: Tensor] {
    try SafetensorsFile(Repository.path("fixtures/golden/\(name).safetensors")).tensors()
  }
}

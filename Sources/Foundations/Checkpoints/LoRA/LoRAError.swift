import Diagnostics

/// What can be wrong with a LoRA, by itself or for the model that it should change.
public enum LoRAError: PersonFacingError, Equatable {
  /// A relative of LoRA that changes weights by another formula; `kind` is its name.
  case otherKind(file: String, tensor: String, kind: String)
  /// A tensor that no LoRA has.
  case unknownTensor(file: String, tensor: String)
  /// A LoRA that names parts which only another model has.
  case otherModel(file: String, tensor: String, model: String)
  /// A layer that the model has not.
  case unknownLayer(file: String, layer: String)
  /// Names with underscores for dots that could be either of two layers.
  case ambiguous(file: String, layer: String, layers: [String])
  /// One matrix of the two that a layer needs, or an alpha alone.
  case incomplete(file: String, layer: String, missing: String)
  /// Two tensors for one place.
  case twice(file: String, layer: String)
  /// Matrices that do not make the shape of the layer's weight; each with its name.
  case misfit(file: String, layer: String, weight: [Int], found: [String])
  /// Another relative than the settings beside the file say.
  case otherForm(file: String, layer: String, expected: LoRALayer.Form, found: LoRALayer.Form)
  /// More rows than are read, or none.
  case rank(file: String, layer: String, rank: Int, limit: Int)
  /// Another rank than the settings beside the file say.
  case otherRank(file: String, layer: String, expected: Int, found: Int)
  /// An alpha that is no number.
  case alpha(file: String, layer: String)
  /// A weight that the LoRA at this scale would make infinite.
  case overflow(file: String, layer: String, scale: Double)
  /// A folder without the weights of a LoRA.
  case emptyFolder(path: String, expected: [String])

  /// Bad data, 65.
  public var exitStatus: ExitStatus { .badData }

  /// The file, the layer, what was expected and what was found, in one line.
  public var description: String {
    switch self {
    case .otherKind(let file, let tensor, let kind):
      "\(file): tensor \(tensor.quoted) is of \(kind), which is not read here; expected a LoRA: "
        + "two matrices for each layer, lora_down and lora_up, or lora_A and lora_B"
    case .unknownTensor(let file, let tensor):
      "\(file): tensor \(tensor.quoted): expected a LoRA's names, such as "
        + "'lora_unet_….lora_down.weight', 'unet.….lora_A.weight' or '….alpha'"
    case .otherModel(let file, let tensor, let model):
      "\(file): tensor \(tensor.quoted): this LoRA is for \(model); expected one for the U-Net and "
        + "text encoder of Stable Diffusion v1"
    case .unknownLayer(let file, let layer):
      "\(file): \(layer.quoted) is no layer of this model's U-Net or text encoder; the LoRA is for "
        + "another model, take one that was made for this"
    case .ambiguous(let file, let layer, let layers):
      "\(file): \(layer.quoted) may be \(layers.joined(separator: " or "))"
    case .incomplete(let file, let layer, let missing):
      "\(file): layer \(layer.quoted): \(missing) is missing; get the file again"
    case .twice(let file, let layer):
      "\(file): layer \(layer.quoted) is there twice; expected one LoRA in a file"
    case .misfit(let file, let layer, let weight, let found):
      "\(file): layer \(layer.quoted): this model's weight has shape \(weight); expected matrices "
        + "that make it, found \(found.joined(separator: ", ")); the LoRA is for another model"
    case .otherForm(let file, let layer, let expected, let found):
      "\(file): layer \(layer.quoted): expected a \(expected.name), as its settings say, found a "
        + found.name
    case .rank(let file, let layer, let rank, let limit):
      "\(file): layer \(layer.quoted): expected a rank from 1 to \(limit), found \(rank)"
    case .otherRank(let file, let layer, let expected, let found):
      "\(file): layer \(layer.quoted): expected rank \(expected), as its settings say, found \(found)"
    case .alpha(let file, let layer):
      "\(file): layer \(layer.quoted): expected one finite number as alpha"
    case .overflow(let file, let layer, let scale):
      "\(file): layer \(layer.quoted): at scale \(scale) its weights are no longer finite; take a "
        + "smaller scale"
    case .emptyFolder(let path, let expected):
      "\(path): holds no LoRA; expected \(expected.joined(separator: " or "))"
    }
  }
}

/// The names that a pickled checkpoint may mention. Whatever is not here is refused by its name.
enum TorchGlobal {
  /// `collections.OrderedDict`, the class of state dictionaries.
  case orderedDictionary
  /// `torch._utils._rebuild_tensor` and `_v2`: (storage, offset, size, stride, …).
  case rebuildTensor
  /// `torch._utils._rebuild_parameter`, with or without state: (tensor, …).
  case rebuildParameter
  /// `torch.FloatStorage` and its siblings; they only name a number format.
  case storage(ElementType)
  /// A name that real Stable Diffusion v1 checkpoints contain beside their weights. It stands for
  /// itself: it is never looked up, and what is made from it is an inert value of that name.
  case inert(String)

  init?(_ name: String) {
    switch name {
    case "collections.OrderedDict": self = .orderedDictionary
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2": self = .rebuildTensor
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
      self = .rebuildParameter
    case "torch.DoubleStorage": self = .storage(.float64)
    case "torch.FloatStorage": self = .storage(.float32)
    case "torch.HalfStorage": self = .storage(.float16)
    case "torch.BFloat16Storage": self = .storage(.bfloat16)
    case "torch.LongStorage": self = .storage(.int64)
    case "torch.IntStorage": self = .storage(.int32)
    case "torch.ShortStorage": self = .storage(.int16)
    case "torch.CharStorage": self = .storage(.int8)
    case "torch.ByteStorage": self = .storage(.uint8)
    case "torch.BoolStorage": self = .storage(.bool)
    case _ where Self.inertNames.contains(name): self = .inert(name)
    default: return nil
    }
  }

  /// The best score so far, and the class under which PyTorch Lightning keeps it.
  private static let inertNames: Set = [
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype",
    "_codecs.encode",
  ]
}

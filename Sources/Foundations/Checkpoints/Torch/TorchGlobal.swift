/// The names that a pickled checkpoint may mention. Whatever is not here is refused by its name.
///
/// They are those of torch 2.13's own restricted loader (`weights_only=True`), and a few that
/// trainers of Stable Diffusion v1 left in their files.
enum TorchGlobal {
  /// `collections.OrderedDict`, the class of state dictionaries.
  case orderedDictionary
  /// `torch._utils._rebuild_tensor` and `_v2`: (storage, offset, size, stride, …).
  case rebuildTensor
  /// `torch._utils._rebuild_tensor_v3`: (storage, offset, size, stride, …, …, type, …).
  case rebuildTensorOfType
  /// `torch._tensor._rebuild_from_type_v2`: (function, class, its arguments, attributes).
  case rebuildFromType
  /// `torch._utils._rebuild_parameter` and others that hand on their first argument: (tensor, …).
  case rebuildParameter
  /// What makes tensors of a kind that no network here has; a word or two for messages.
  case rebuildOther(String)
  /// `torch.FloatStorage` and its siblings; they only name a number format.
  case storage(TorchStorageType)
  /// `torch.float32` and its siblings.
  case numberFormat(TorchStorageType)
  /// A name that checkpoints contain beside their weights. It stands for itself: it is never looked
  /// up, and what is made from it is an inert value of that name.
  case inert(String)

  /// - Parameter name: as in Python 3, or in Python 2 whose built-ins live in `__builtin__`.
  init?(_ name: String) {
    let name =
      name.hasPrefix("__builtin__.") ? "builtins." + name.dropFirst("__builtin__.".count) : name
    if let known = Self.functions[name] {
      self = known
    } else if Self.inertNames.contains(name) {
      self = .inert(name)
    } else if name.hasPrefix("torch."), let global = Self.numbers(String(name.dropFirst(6))) {
      self = global
    } else {
      return nil
    }
  }

  /// A storage class, a number format, or an old tensor class, without the first `torch.`.
  private static func numbers(_ name: String) -> TorchGlobal? {
    if let format = TorchStorageType(format: name) { return .numberFormat(format) }
    let plain = name.hasPrefix("cuda.") ? String(name.dropFirst("cuda.".count)) : name
    if let type = TorchStorageType(storage: plain) { return .storage(type) }
    let dense = plain.hasPrefix("sparse.") ? plain.dropFirst("sparse.".count) : plain[...]
    guard dense.hasSuffix("Tensor"),
      TorchStorageType(storage: dense.dropLast("Tensor".count) + "Storage") != nil
    else { return nil }
    return .inert("torch." + name)
  }

  private static let functions: [String: TorchGlobal] = [
    "collections.OrderedDict": .orderedDictionary,
    "torch._utils._rebuild_tensor": .rebuildTensor,
    "torch._utils._rebuild_tensor_v2": .rebuildTensor,
    "torch._utils._rebuild_tensor_v3": .rebuildTensorOfType,
    "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
    "torch._utils._rebuild_parameter": .rebuildParameter,
    "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": .rebuildParameter,
    "torch.nn.parameter.Parameter": .rebuildParameter,
    "torch._utils._rebuild_sparse_tensor": .rebuildOther("sparse"),
    "torch._utils._rebuild_qtensor": .rebuildOther("quantised"),
    "torch._utils._rebuild_nested_tensor": .rebuildOther("nested"),
    "torch._utils._rebuild_meta_tensor_no_storage": .rebuildOther("meta, without numbers"),
    "torch._utils._rebuild_wrapper_subclass": .rebuildOther("wrapped"),
    "torch._utils._rebuild_device_tensor_from_numpy": .rebuildOther("NumPy"),
  ]

  private static let inertNames: Set = [
    "collections.Counter", "builtins.set", "builtins.bytearray", "builtins.complex",
    "_codecs.encode", "torch.Size", "torch.device", "torch.Tensor",
    "torch.serialization._get_layout", "torch.per_tensor_affine", "torch.per_tensor_symmetric",
    "torch.per_channel_affine", "torch.per_channel_symmetric",
    "torch.per_channel_affine_float_qparams",
    // The best score so far, and the class under which PyTorch Lightning keeps it.
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype",
    // What a textual inversion of the first kind keeps its vectors in.
    "torch.nn.modules.container.ParameterDict",
  ]
}

/// How the numbers of a storage are stored.
enum TorchStorageType: Equatable {
  case numbers(ElementType)
  /// Bytes, whose format the tensor states.
  case untyped
  /// A format that is not read here: its name, and bytes per element.
  case other(String, Int)

  var byteCount: Int {
    switch self {
    case .numbers(let type): type.byteCount
    case .untyped: 1
    case .other(_, let byteCount): byteCount
    }
  }

  var name: String {
    switch self {
    case .numbers(let type): type.rawValue
    case .untyped: "bytes"
    case .other(let name, _): name
    }
  }

  /// From a class such as `FloatStorage`.
  init?(storage name: some StringProtocol) {
    guard let type = Self.storages[String(name)] else { return nil }
    self = type
  }

  /// From a format such as `float32`.
  init?(format name: String) {
    if let type = Self.formats[name] {
      self = .numbers(type)
    } else if let byteCount = Self.otherFormats[name] {
      self = .other(name, byteCount)
    } else {
      return nil
    }
  }

  private static let storages: [String: TorchStorageType] = [
    "DoubleStorage": .numbers(.float64), "FloatStorage": .numbers(.float32),
    "HalfStorage": .numbers(.float16), "BFloat16Storage": .numbers(.bfloat16),
    "LongStorage": .numbers(.int64), "IntStorage": .numbers(.int32),
    "ShortStorage": .numbers(.int16), "CharStorage": .numbers(.int8),
    "ByteStorage": .numbers(.uint8), "BoolStorage": .numbers(.bool),
    "ComplexFloatStorage": .other("complex64", 8), "ComplexDoubleStorage": .other("complex128", 16),
    "QInt32Storage": .other("qint32", 4), "QInt8Storage": .other("qint8", 1),
    "QUInt8Storage": .other("quint8", 1), "QUInt4x2Storage": .other("quint4x2", 1),
    "QUInt2x4Storage": .other("quint2x4", 1), "storage.UntypedStorage": .untyped,
    "storage.TypedStorage": .untyped, "UntypedStorage": .untyped,
  ]

  private static let formats: [String: ElementType] = [
    "float64": .float64, "float32": .float32, "float16": .float16, "bfloat16": .bfloat16,
    "int64": .int64, "int32": .int32, "int16": .int16, "int8": .int8, "uint64": .uint64,
    "uint32": .uint32, "uint16": .uint16, "uint8": .uint8, "bool": .bool,
    "float8_e4m3fn": .float8E4M3, "float8_e5m2": .float8E5M2,
  ]

  private static let otherFormats: [String: Int] = {
    var formats = [
      "complex32": 4, "complex64": 8, "complex128": 16, "bits16": 2, "qint32": 4,
    ]
    let ofOneByte = [
      "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2", "bits8",
      "bits1x8",
      "bits2x4", "bits4x2", "qint8", "quint8", "quint4x2", "quint2x4",
    ]
    for name in ofOneByte + (1...7).flatMap({ ["int\($0)", "uint\($0)"] }) { formats[name] = 1 }
    return formats
  }()
}

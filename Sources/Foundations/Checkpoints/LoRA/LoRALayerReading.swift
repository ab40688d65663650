import Tensors

/// The tensors that a file has for one layer, put together.
///
/// Which they are says the form; each must make the layer's weight with the others.
struct LoRALayerReading {
  let target: LoRATargets.Layer
  let names: [LoRAName.Role: String]
  let source: any WeightSource
  /// Of peft, where they lie beside the file or in it.
  let settings: LoRASettings?

  private typealias Role = LoRAName.Role

  /// The layer's change, read.
  /// - Throws: `LoRAError`, or `CheckpointError` for numbers that are no weights.
  func layer() throws -> LoRALayer {
    let form = form
    guard Set(names.keys).isSubset(of: Self.roles(of: form) + [.alpha]) else {
      throw LoRAError.twice(file: source.origin, layer: target.module)
    }
    if let settings, settings.form != form, !(settings.form == .lora && form == .tucker) {
      throw LoRAError.otherForm(
        file: source.origin, layer: target.module, expected: settings.form, found: form)
    }
    let (matrix, rank) = try matrix(of: form)
    let (alpha, factor) = try scaling(rank: rank)
    return LoRALayer(
      file: source.origin, part: target.part, module: target.module, form: form,
      shape: target.weight, alpha: alpha, factor: factor, rank: rank, matrix: matrix)
  }

  private var form: LoRALayer.Form {
    for form in [LoRALayer.Form.loha, .lokr]
    where names.keys.contains(where: Self.roles(of: form).contains) { return form }
    return names[.core] == nil ? .lora : .tucker
  }

  private static func roles(of form: LoRALayer.Form) -> [Role] {
    switch form {
    case .lora: [.down, .up]
    case .tucker: [.down, .up, .core]
    case .loha: [.firstUp, .firstDown, .firstCore, .secondUp, .secondDown, .secondCore]
    case .lokr: [.left, .leftUp, .leftDown, .right, .rightUp, .rightDown, .rightCore]
    }
  }

  // MARK: Matrices

  /// What makes the weight, and r; every shape is known to fit before a number is read.
  private func matrix(of form: LoRALayer.Form) throws -> (ThinMatrix, rank: Int?) {
    let weight = Extents(
      outputs: target.weight[0], inputs: target.weight[1], kernel: Array(target.weight.dropFirst(2))
    )
    switch form {
    case .lora, .tucker:
      let product = try product(.up, .down, core: .core, weight, isTurned: false)
      return (product.matrix, product.rank)
    case .loha:
      let first = try product(.firstUp, .firstDown, core: .firstCore, weight, isTurned: true)
      let second = try product(.secondUp, .secondDown, core: .secondCore, weight, isTurned: true)
      guard first.rank == second.rank else { throw misfit }
      return (.hadamard(first.matrix, second.matrix), first.rank)
    case .lokr: return try kronecker(weight)
    }
  }

  /// Rows, columns, and how many numbers of a kernel each column has.
  private struct Extents {
    var outputs: Int
    var inputs: Int
    var kernel: [Int]

    var columns: Int { kernel.reduce(inputs, *) }
  }

  /// C ⊗ D: C of outputs and inputs alone, D with the kernel.
  private func kronecker(_ weight: Extents) throws -> (ThinMatrix, rank: Int?) {
    func extents(_ whole: Role, _ up: Role, _ down: Role, core: Role?) throws -> (Int, Int) {
      if names[whole] != nil {
        let shape = try shape(whole)
        guard shape.count >= 2 else { throw misfit }
        return (shape[0], shape[1])
      }
      let isTurned = core.map { names[$0] != nil } ?? false
      let (up, down) = (try shape(up), try shape(down))
      guard up.count == 2, down.count >= 2 else { throw misfit }
      return (up[isTurned ? 1 : 0], down[1])
    }
    let left = try extents(.left, .leftUp, .leftDown, core: nil)
    guard left.0 > 0, left.1 > 0, weight.outputs % left.0 == 0, weight.inputs % left.1 == 0 else {
      throw misfit
    }
    let first = try either(
      .left, .leftUp, .leftDown, core: nil, Extents(outputs: left.0, inputs: left.1, kernel: []))
    let second = try either(
      .right, .rightUp, .rightDown, core: .rightCore,
      Extents(
        outputs: weight.outputs / left.0, inputs: weight.inputs / left.1, kernel: weight.kernel))
    if let a = first.rank, let b = second.rank, a != b { throw misfit }
    return (.kronecker(first.matrix, second.matrix), second.rank ?? first.rank)
  }

  /// A matrix that is there whole, or as a product.
  private func either(
    _ whole: Role, _ up: Role, _ down: Role, core: Role?, _ expected: Extents
  ) throws -> (matrix: ThinMatrix, rank: Int?) {
    guard names[whole] != nil else {
      guard names[up] != nil || names[down] != nil else { throw missing(whole) }
      return try product(up, down, core: core, expected, isTurned: true)
    }
    guard names[up] == nil, names[down] == nil, core.flatMap({ names[$0] }) == nil else {
      throw LoRAError.twice(file: source.origin, layer: target.module)
    }
    guard fits(try shape(whole), [expected.outputs, expected.inputs] + expected.kernel) else {
      throw misfit
    }
    return (.whole(try weights(whole).reshaped([expected.outputs, expected.columns])), nil)
  }

  /// Two matrices, and what lies between them.
  /// - Parameter isTurned: whether, with a core, the file has `up` as [r, outputs].
  private func product(
    _ up: Role, _ down: Role, core: Role?, _ expected: Extents, isTurned: Bool
  ) throws -> (matrix: ThinMatrix, rank: Int?) {
    let (downs, ups) = (try shape(down), try shape(up))
    guard let rank = downs.first else { throw misfit }
    let core = core.flatMap { names[$0] == nil ? nil : $0 }
    let isTurned = isTurned && core != nil
    let inner = [rank, expected.inputs] + (core == nil ? expected.kernel : [])
    guard fits(ups, isTurned ? [rank, expected.outputs] : [expected.outputs, rank]),
      fits(downs, inner) || core == nil && fits(downs, [rank, expected.columns])
    else { throw misfit }
    if let core, try shape(core) != [rank, rank] + expected.kernel { throw misfit }
    guard 1...LoRAFile.highestRank ~= rank else {
      throw LoRAError.rank(
        file: source.origin, layer: target.module, rank: rank, limit: LoRAFile.highestRank)
    }
    let raised = try weights(up).reshaped(isTurned ? [rank, -1] : [-1, rank])
    let lowered = try weights(down).reshaped([rank, -1])
    guard let core else { return (.product(up: raised, down: lowered), rank) }
    return (
      .tucker(
        up: isTurned ? raised.permuted([1, 0]) : raised,
        core: try weights(core).reshaped([rank, rank, -1]), down: lowered), rank
    )
  }

  /// 1 × 1 kernels are written out or not.
  private func fits(_ shape: [Int], _ expected: [Int]) -> Bool {
    func plain(_ shape: [Int]) -> [Int] {
      shape.count == 4 && shape[2...] == [1, 1] ? Array(shape.prefix(2)) : shape
    }
    return plain(shape) == plain(expected)
  }

  // MARK: Tensors

  private func missing(_ role: Role) -> LoRAError {
    .incomplete(file: source.origin, layer: target.module, missing: role.rawValue)
  }

  private var misfit: LoRAError {
    let found = Role.allCases.filter { $0 != .alpha }.compactMap { role in
      names[role].flatMap { source.info($0) }.map { info in
        let word = role.rawValue.split(separator: "(").last.map(String.init) ?? role.rawValue
        return "\(word.prefix { $0 != "," && $0 != ")" }) \(info.shape.shortened)"
      }
    }
    return .misfit(
      file: source.origin, layer: target.module, weight: target.weight, found: found)
  }

  private func shape(_ role: Role) throws -> [Int] {
    guard let name = names[role] else { throw missing(role) }
    guard let info = source.info(name) else { throw missing(role) }
    guard info.elementType.isFloatingPoint else {
      throw CheckpointError.notFloatingPoint(
        file: source.origin, name: name, type: info.elementType)
    }
    return info.shape
  }

  private func weights(_ role: Role) throws -> Tensor {
    guard let name = names[role] else { throw missing(role) }
    let tensor = try source.tensor(named: name)
    guard tensor.isFinite else {
      throw CheckpointError.notFinite(file: source.origin, network: "LoRA", name: name)
    }
    return tensor
  }

  /// α and what the matrices are multiplied by. A LoKr of two whole matrices is not scaled by its own
  /// α, as LyCORIS has it; peft's settings always count.
  private func scaling(rank: Int?) throws -> (alpha: Double?, factor: Double) {
    if let name = names[.alpha] {
      guard source.info(name)?.shape.reduce(1, *) == 1,
        let value = try source.tensor(named: name).elements.first, value.isFinite
      else { throw LoRAError.alpha(file: source.origin, layer: target.module) }
      return (Double(value), rank.map { Double(value) / Double($0) } ?? 1)
    }
    guard let settings else { return (nil, 1) }
    let expected = settings.rank(of: target.module)
    guard expected == rank ?? expected else {
      throw LoRAError.otherRank(
        file: source.origin, layer: target.module, expected: expected, found: rank ?? 0)
    }
    return (settings.alpha(of: target.module), settings.factor(of: target.module))
  }
}

extension [Int] {
  /// A shape from a file, fit for one line of a message.
  fileprivate var shortened: String {
    count <= 8 ? description : "[\(prefix(8).map(String.init).joined(separator: ", ")), …]"
  }
}

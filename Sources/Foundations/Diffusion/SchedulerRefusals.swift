import JSON

// What a scheduler file may ask for and a sampler here does not do. A setting that has no effect on
// that sampler stands in nobody's way.

extension SchedulerConfiguration {
  /// Refuses what a sampler would have to leave out of account.
  /// - Throws: `JSONError.unexpected`.
  func refuseUnsupported(by name: SamplerName) throws {
    for (key, values) in try supported(by: name) {
      guard let node = try file.find(key), !values.contains(node.value) else { continue }
      throw node.failure(
        expected: values.map(\.inWords).joined(separator: " or ") + Self.wayOut(of: name))
    }
    guard try name != .pndm || skipsRungeKutta else { throw try rungeKuttaRefusal }
  }

  /// The values of each setting with which that sampler does what diffusers does.
  private func supported(by name: SamplerName) throws -> [(String, [JSONValue])] {
    let off = [JSONValue.bool(false)]
    switch name {
    case .ddpm:
      let variances = ["fixed_small", "fixed_small_log", "fixed_large"]
      return [("thresholding", off), ("variance_type", variances.map { .string($0) })]
    case .ddim: return [("thresholding", off)]
    case .plms, .pndm, .eulerAncestral, .heun, .kdpm2, .kdpm2Ancestral, .lms, .tcd: return []
    case .lcm: return [("thresholding", off)]
    case .euler:
      return [
        ("interpolation_type", [.string("linear")]), ("timestep_type", [.string("discrete")]),
      ]
    case .dpmSolver, .dpmSolver3M, .dpmSolverSDE:
      // At first order there is no second stage for the type to shape. The name says whether noise is drawn.
      let isFirstOrder = try name != .dpmSolver3M && file.find("solver_order")?.value == .integer(1)
      return Self.solver(upTo: name == .dpmSolverSDE ? 2 : 3) + [
        ("use_lu_lambdas", off),
        ("algorithm_type", names("dpmsolver++", "deis", "sde-dpmsolver++")),
      ]
        + (isFirstOrder ? [] : [("solver_type", names("midpoint", "logrho", "bh1", "bh2"))])
    case .dpmSolver2S, .dpmSolver3S:
      return Self.solver(upTo: 3) + [
        ("algorithm_type", names("dpmsolver++", "deis")),
        ("solver_type", names("midpoint", "logrho", "bh1", "bh2")),
      ]
    case .unipc:
      return Self.solver(upTo: 2) + [
        ("predict_x0", [.bool(true)]), ("disable_corrector", [.array([])]), ("solver_p", [.null]),
        ("solver_type", names("bh2", "midpoint", "heun", "logrho")),
      ]
    case .deis:
      return Self.solver(upTo: 2) + [
        ("algorithm_type", names("deis", "dpmsolver", "dpmsolver++")),
        ("solver_type", names("logrho", "midpoint", "heun", "bh1", "bh2")),
      ]
    }
  }

  /// What the solvers of whole timesteps do.
  private static func solver(upTo order: Int) -> [(String, [JSONValue])] {
    [
      ("thresholding", [.bool(false)]), ("use_flow_sigmas", [.bool(false)]),
      ("solver_order", (1...order).map { .integer($0) }),
    ]
  }

  /// The first is the sampler's own. The others are its neighbours' names, which diffusers takes for it.
  private func names(_ names: String...) -> [JSONValue] { names.map { .string($0) } }

  private var rungeKuttaRefusal: JSONError {
    get throws {
      if let node = try file.find("skip_prk_steps") {
        return node.failure(expected: "true" + Self.wayOut(of: .pndm))
      }
      return .unexpected(
        file: file.file, key: "skip_prk_steps", expected: "true" + Self.wayOut(of: .pndm),
        found: "nothing, for which diffusers takes false and begins with Runge-Kutta steps")
    }
  }

  private static func wayOut(of name: SamplerName) -> String {
    " for \(name.rawValue) (another sampler, by `sampler`, may do without)"
  }
}

extension JSONValue {
  fileprivate var inWords: String { String(serialized.dropLast()) }
}

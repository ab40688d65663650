import Diagnostics
import Diffusion
import Foundation
import JSON
import Testing

@Suite("scheduler_config.json") struct SchedulerConfigurationTests {
  /// Stable Diffusion 1.5's own file.
  static let stableDiffusion = """
    {"_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012,
     "beta_schedule": "scaled_linear", "beta_start": 0.00085, "num_train_timesteps": 1000,
     "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null,
     "clip_sample": false}
    """

  static func configuration(_ text: String) throws -> SchedulerConfiguration {
    try SchedulerConfiguration(JSONNode(parsing: Data(text.utf8), file: "scheduler_config.json"))
  }

  /// The class, with more keys.
  static func configuration(_ name: String, _ more: String) throws -> SchedulerConfiguration {
    try configuration("{\"_class_name\": \"\(name)\", \(more)}")
  }

  @Test("Stable Diffusion's file says what the built-in configuration says") func file() throws {
    let read = try Self.configuration(Self.stableDiffusion)
    #expect(read.schedule == NamedSchedule.scaledLinear.schedule())
    #expect(read.predictionType == .noise && read.samplerName == .pndm)
    #expect(try read.sampler(steps: 50).plan.map(\.from.t).prefix(3) == [981, 961, 961])
    let ddim = try #require(
      try read.sampler(.ddim, steps: 50, settings: WalkSettings(eta: 0.5)) as? DDIMSampler)
    #expect(ddim.clipRange == nil && ddim.eta == 0.5)
    #expect(ddim.plan.last?.to.alphaCumprod == read.schedule.alphasCumprod[0])
  }

  @Test("what a file leaves out has the default of diffusers' class") func defaults() throws {
    let configuration = try Self.configuration("{\"_class_name\": \"DDPMScheduler\"}")
    #expect(configuration.schedule == NamedSchedule.linear.schedule())
    let ddpm = try #require(try configuration.sampler(steps: 10) as? DDPMSampler)
    #expect(ddpm.clipRange == -1...1 && ddpm.variance == .small && ddpm.plan[0].from.t == 900)
    #expect(try configuration.sampler(.euler, steps: 10).plan[0].from.t == 999)
    #expect(try configuration.sampler(.ddim, steps: 10).plan.last?.to == .clean)
    let heun = try Self.configuration("{\"_class_name\": \"HeunDiscreteScheduler\"}")
    #expect(abs(heun.schedule.betas[999] - 0.012) <= 1e-15)
  }

  @Test("every value has its effect") func values() throws {
    let ddpm = "DDPMScheduler"
    let large = try Self.configuration(
      ddpm, #""variance_type": "fixed_large", "clip_sample_range": 2.5, "steps_offset": 3"#)
    let sampler = try #require(try large.sampler(steps: 10) as? DDPMSampler)
    #expect(sampler.variance == .large && sampler.clipRange == -2.5...2.5)
    #expect(sampler.plan[0].from.t == 903)
    let trained = try Self.configuration(ddpm, #""trained_betas": [0.1, 0.2, 0.5]"#)
    #expect(trained.schedule.betas == [0.1, 0.2, 0.5])
    let velocity = try Self.configuration(
      "EulerDiscreteScheduler",
      #""prediction_type": "v_prediction", "rescale_betas_zero_snr": true, "timestep_spacing": "trailing""#
    )
    #expect(velocity.predictionType == .velocity && velocity.schedule.alphasCumprod[999] == 0)
    #expect(abs(try velocity.sampler(steps: 5).initialNoiseScale - 4096) <= 0.01)
    let solver = try Self.configuration(
      "DPMSolverMultistepScheduler",
      #""lambda_min_clipped": -Infinity, "solver_order": 1, "final_sigmas_type": "sigma_min""#)
    let dpm = try #require(try solver.sampler(steps: 5) as? DPMSolverSampler)
    #expect(dpm.order == 1 && dpm.plan.last?.to != .clean)
  }

  @Test(
    "what cannot be honoured is refused, and named",
    arguments: [
      ("DDPMScheduler", #""beta_schedule": "cubic""#, "beta_schedule"),
      ("DDPMScheduler", #""beta_start": -0.1"#, "beta_start"),
      ("DDPMScheduler", #""beta_end": 1.5"#, "beta_end"),
      ("DDPMScheduler", #""beta_end": "much""#, "beta_end"),
      ("DDPMScheduler", #""num_train_timesteps": 0"#, "num_train_timesteps"),
      ("DDPMScheduler", #""num_train_timesteps": 99999999999"#, "num_train_timesteps"),
      ("DDPMScheduler", #""trained_betas": []"#, "trained_betas"),
      ("DDPMScheduler", #""trained_betas": [0.1, 1, 0.1]"#, "trained_betas"),
      ("DDPMScheduler", #""prediction_type": "flow_prediction""#, "prediction_type"),
      ("DDPMScheduler", #""variance_type": "learned_range""#, "variance_type"),
      ("DDPMScheduler", #""thresholding": true"#, "thresholding"),
      ("DDPMScheduler", #""clip_sample_range": -1"#, "clip_sample_range"),
      ("DDPMScheduler", #""clip_sample": "yes""#, "clip_sample"),
      ("DDIMScheduler", #""steps_offset": -1"#, "steps_offset"),
      ("DDIMScheduler", #""timestep_spacing": "karras""#, "timestep_spacing"),
      ("PNDMScheduler", "", "skip_prk_steps"),
      ("DEISMultistepScheduler", #""solver_order": 3"#, "solver_order"),
      (
        "EulerDiscreteScheduler", #""use_karras_sigmas": true, "use_exponential_sigmas": true"#,
        "use_exponential_sigmas"
      ),
      ("EulerDiscreteScheduler", #""interpolation_type": "log_linear""#, "interpolation_type"),
      (
        "LMSDiscreteScheduler", #""use_exponential_sigmas": true, "use_beta_sigmas": true"#,
        "use_beta_sigmas"
      ),
      ("DPMSolverMultistepScheduler", #""solver_order": 4"#, "solver_order"),
      (
        "DPMSolverMultistepScheduler",
        #""algorithm_type": "sde-dpmsolver++", "solver_order": 3"#, "solver_order"
      ),
      ("DPMSolverMultistepScheduler", #""algorithm_type": "sde-dpmsolver""#, "algorithm_type"),
      ("DPMSolverSinglestepScheduler", #""algorithm_type": "sde-dpmsolver++""#, "algorithm_type"),
      ("DPMSolverSinglestepScheduler", #""solver_type": "heun""#, "solver_type"),
      ("LCMScheduler", #""original_inference_steps": 0"#, "original_inference_steps"),
      ("LCMScheduler", #""timestep_scaling": 0"#, "timestep_scaling"),
      ("LCMScheduler", #""thresholding": true"#, "thresholding"),
      ("DPMSolverMultistepScheduler", #""solver_type": "heun""#, "solver_type"),
      ("DPMSolverMultistepScheduler", #""final_sigmas_type": "one""#, "final_sigmas_type"),
      ("UniPCMultistepScheduler", #""predict_x0": false"#, "predict_x0"),
      ("UniPCMultistepScheduler", #""disable_corrector": [0]"#, "disable_corrector"),
    ])
  func refused(name: String, more: String, key: String) {
    let error = #expect(throws: JSONError.self) {
      try Self.configuration(name, more.isEmpty ? #""x": 1"# : more).sampler(steps: 10)
    }
    #expect(error?.exitStatus == .badData)
    #expect(error?.description.hasPrefix("scheduler_config.json") == true)
    #expect(error?.description.contains(key) == true, "\(error?.description ?? "")")
  }

  @Test("a value that another sampler could not honour does not stand in the way") func others()
    throws
  {
    let other = try Self.configuration(
      "EulerDiscreteScheduler", #""interpolation_type": "log_linear""#)
    #expect(try other.sampler(.ddim, steps: 10).plan.count == 10)
  }

  @Test(
    "a refusal names file, key, what is supported, what was found and the way out",
    arguments: [
      (
        "DPMSolverMultistepScheduler", #""algorithm_type": "dpmsolver""#,
        #"algorithm_type: expected "dpmsolver++" or "deis" or "sde-dpmsolver++" for dpm-solver++ "#,
        #"found "dpmsolver""#
      ),
      ("UniPCMultistepScheduler", #""solver_order": 3"#, "1 or 2 for unipc ", "found 3"),
      ("PNDMScheduler", #""skip_prk_steps": false"#, "true for pndm ", "found false"),
      (
        "PNDMScheduler", #""x": 1"#, "skip_prk_steps: expected true for pndm ",
        "nothing, for which diffusers takes false"
      ),
      ("DDIMScheduler", #""thresholding": true"#, "thresholding: expected false for ddim ", "true"),
    ])
  func refusal(name: String, more: String, expected: String, found: String) {
    let error = #expect(throws: JSONError.self) {
      try Self.configuration(name, more).sampler(steps: 10)
    }
    let line = error?.description ?? ""
    #expect(line.hasPrefix("scheduler_config.json: ") && line.contains(expected), "\(line)")
    #expect(line.contains("by `sampler`") && line.contains(found), "\(line)")
  }

  @Test(
    "a setting without effect stands in nobody's way",
    arguments: [
      ("DPMSolverMultistepScheduler", #""solver_order": 1, "solver_type": "heun""#),
      ("DPMSolverMultistepScheduler", #""dynamic_thresholding_ratio": 0.5, "sample_max_value": 9"#),
      ("EulerDiscreteScheduler", #""sigma_min": 0, "sigma_max": -1"#),
      ("EulerDiscreteScheduler", #""solver_order": 3, "lower_order_final": true"#),
      ("DDIMScheduler", #""algorithm_type": "sde-dpmsolver++", "use_lu_lambdas": true"#),
      ("DDPMScheduler", #""beta_schedule": "squaredcos_cap_v2", "beta_start": 0, "beta_end": 1"#),
      ("DDPMScheduler", #""clip_sample": false, "clip_sample_range": -1"#),
    ])
  func withoutEffect(name: String, more: String) throws {
    #expect(try Self.configuration(name, more).sampler(steps: 10).plan.count == 10)
  }

  @Test("settings stand in place of the file's, and say what the walk does")
  func settings() throws {
    let karras = try Self.configuration("EulerDiscreteScheduler", #""use_karras_sigmas": true"#)
    #expect(
      try karras.settings(of: .euler) == WalkSettings(sigmas: .karras, spacing: .linspace))
    #expect(try karras.settings(of: .deis) == WalkSettings(sigmas: .karras))
    #expect(try karras.settings(of: .ddim) == WalkSettings(spacing: .leading, eta: 0))
    #expect(try karras.settings(of: .tcd, given: WalkSettings(eta: 0.3)) == WalkSettings(eta: 0.3))
    #expect(
      try karras.settings(of: .deis, given: WalkSettings(sigmas: .timesteps))
        == WalkSettings(sigmas: .timesteps, spacing: .linspace))
    func levels(_ settings: WalkSettings) throws -> [NoiseLevel] {
      try karras.sampler(steps: 10, settings: settings).plan.map(\.from)
    }
    let plain = try Self.configuration("EulerDiscreteScheduler", #""x": 1"#)
    #expect(
      try levels(WalkSettings(sigmas: .timesteps)) == plain.sampler(steps: 10).plan.map(\.from))
    let beta = try Self.configuration("EulerDiscreteScheduler", #""use_beta_sigmas": true"#)
    #expect(
      try levels(WalkSettings(sigmas: .beta)) == beta.sampler(steps: 10).plan.map(\.from))
    #expect(try levels(WalkSettings(spacing: .leading))[0].t == 900)
  }

  @Test(
    "a setting that does nothing is refused, with setting and sampler",
    arguments: [
      (SamplerName.ddim, WalkSettings(sigmas: .karras), "sigmas"),
      (.eulerAncestral, WalkSettings(sigmas: .timesteps), "sigmas"),
      (.euler, WalkSettings(eta: 0), "eta"), (.ddpm, WalkSettings(eta: 1), "eta"),
      (.deis, WalkSettings(spacing: .leading), "spacing"),
      (.unipc, WalkSettings(sigmas: .beta, spacing: .leading), "spacing"),
      (.dpmSolver2S, WalkSettings(sigmas: .timesteps, spacing: .leading), "spacing"),
      (.lcm, WalkSettings(spacing: .trailing), "spacing"),
      (.tcd, WalkSettings(sigmas: .beta), "sigmas"),
      (.lcm, WalkSettings(eta: 0.3), "eta"),
    ])
  func idle(name: SamplerName, settings: WalkSettings, setting: String) throws {
    let karras = try Self.configuration("EulerDiscreteScheduler", #""use_karras_sigmas": true"#)
    let error = #expect(throws: SamplerError.self) {
      try karras.sampler(name, steps: 10, settings: settings)
    }
    #expect(error?.exitStatus == .usage)
    #expect(
      error?.description.hasPrefix("`\(setting)` does nothing to \(name.rawValue): ") == true)
  }

  @Test("latents are not clipped, which is told where diffusers' from_config would clip")
  func latents() throws {
    let text = #"{"_class_name": "PNDMScheduler", "skip_prk_steps": true}"#
    let file = try JSONNode(parsing: Data(text.utf8), file: "scheduler_config.json")
    let latents = try SchedulerConfiguration(file, isForLatents: true)
    let ddim = try #require(try latents.sampler(.ddim, steps: 10) as? DDIMSampler)
    #expect(ddim.clipRange == nil && ddim.plan.last?.from.t == 0)
    #expect(try latents.sampler(steps: 10).plan.last?.from.t == 1)
    #expect(SamplerName.allCases.filter(latents.leavesOutClipping) == [.ddpm, .ddim])
    let pixels = try SchedulerConfiguration(file)
    #expect(try (pixels.sampler(.ddim, steps: 10) as? DDIMSampler)?.clipRange == -1...1)
    #expect(SamplerName.allCases.filter(pixels.leavesOutClipping) == [])
    let stated = try JSONNode(parsing: Data(Self.stableDiffusion.utf8), file: "f")
    let own = try SchedulerConfiguration(stated, isForLatents: true)
    #expect(SamplerName.allCases.filter(own.leavesOutClipping) == [])
    #expect(try own.sampler(.ddim, steps: 10).plan.last?.from.t == 1)
  }

  @Test("walks that are compared end clean over trailing timesteps, whatever else the file says")
  func compared() throws {
    let file = try Self.configuration(
      "DPMSolverMultistepScheduler",
      #""solver_order": 1, "use_karras_sigmas": true, "sigma_min": 0.1, "final_sigmas_type": "sigma_min", "#
        + #""lower_order_final": false, "lambda_min_clipped": -3, "thresholding": true, "#
        + #""timestep_spacing": "leading", "steps_offset": 2, "original_inference_steps": 20"#)
    func plan(
      _ name: SamplerName, _ settings: WalkSettings = WalkSettings(), endsClean: Bool = true
    ) throws -> [Transition] {
      try file.overTrailingTimesteps(endsClean: endsClean)
        .sampler(name, steps: 10, settings: settings).plan
    }
    let schedule = file.schedule
    for name in SamplerName.general where ![.deis, .dpmSolver2S, .dpmSolver3S].contains(name) {
      let plan = try plan(name)
      #expect(plan[0].from == schedule.level(at: 999) && plan.last?.to == .clean, "\(name)")
    }
    let ddim = try file.overTrailingTimesteps(endsClean: true).sampler(.ddim, steps: 10)
    #expect((ddim as? DDIMSampler)?.clipRange == nil)
    #expect(
      try plan(.dpmSolver)
        == DPMSolverSampler(schedule, steps: 10, spacing: .trailing).plan)
    let kept = try file.overTrailingTimesteps(endsClean: false).sampler(.dpmSolver, steps: 10)
    #expect(kept.plan.last?.to.alphaCumprod == schedule.alphasCumprod[0])
    #expect((kept as? DPMSolverSampler)?.order == 2)
    #expect(try plan(.ddim, WalkSettings(spacing: .leading))[0].from.t == 902)
    #expect(
      try plan(.lcm) == LCMSampler(schedule, steps: 10, originalSteps: 20).plan)
    #expect(
      try plan(.euler, WalkSettings(sigmas: .karras))
        == EulerSampler(schedule, steps: 10, spacing: .trailing, sigmas: .karras).plan)
  }

  @Test("a class without a sampler is named when it is asked for, and not before") func unknown()
    throws
  {
    // Its noise is that of a Brownian tree of torchsde.
    let sde = try Self.configuration("DPMSolverSDEScheduler", #""x": 1"#)
    #expect(sde.samplerName == nil)
    #expect(try sde.sampler(.ddim, steps: 10).plan.count == 10)
    let error = #expect(throws: SamplerError.self) { try sde.sampler(steps: 10) }
    #expect(error?.exitStatus == .badData)
    #expect(error?.description.contains("DPMSolverSDEScheduler") == true)
    #expect(error?.description.contains("`sampler`") == true)
  }

  @Test(
    "a class of several samplers is told apart by order and kind",
    arguments: [
      ("DPMSolverMultistepScheduler", #""solver_order": 2"#, SamplerName.dpmSolver),
      ("DPMSolverMultistepScheduler", #""solver_order": 3"#, .dpmSolver3M),
      ("DPMSolverMultistepScheduler", #""algorithm_type": "sde-dpmsolver++""#, .dpmSolverSDE),
      ("DPMSolverSinglestepScheduler", #""solver_order": 1"#, .dpmSolver2S),
      ("DPMSolverSinglestepScheduler", #""solver_order": 3"#, .dpmSolver3S),
      ("PNDMScheduler", #""skip_prk_steps": true"#, .pndm),
      ("KDPM2DiscreteScheduler", #""x": 1"#, .kdpm2),
      ("KDPM2AncestralDiscreteScheduler", #""x": 1"#, .kdpm2Ancestral),
      ("LCMScheduler", #""x": 1"#, .lcm), ("TCDScheduler", #""x": 1"#, .tcd),
    ])
  func classes(name: String, more: String, sampler: SamplerName) throws {
    let configuration = try Self.configuration(name, more)
    #expect(configuration.samplerName == sampler)
    #expect(sampler.schedulerClass == name)
    #expect(try configuration.sampler(steps: 10).plan.count >= 10)
  }

  @Test("the name of a sampler says its order and kind, whatever the file says") func named()
    throws
  {
    let file = try Self.configuration(
      "DPMSolverMultistepScheduler", #""solver_order": 3, "algorithm_type": "sde-dpmsolver++""#)
    #expect(try (file.sampler(.dpmSolver, steps: 10) as? DPMSolverSampler)?.order == 3)
    let plain = try Self.configuration("EulerDiscreteScheduler", #""x": 1"#)
    #expect(try (plain.sampler(.dpmSolver3M, steps: 10) as? DPMSolverSampler)?.order == 3)
    #expect(try (plain.sampler(.dpmSolver, steps: 10) as? DPMSolverSampler)?.order == 2)
    let blocks = try plain.sampler(.dpmSolver3S, steps: 10) as? DPMSolverSinglestepSampler
    #expect(blocks?.order == 3)
    #expect(try plain.sampler(.dpmSolver2S, steps: 10).drawsNoise == false)
    #expect(try plain.sampler(.dpmSolverSDE, steps: 10).drawsNoise)
  }

  @Test("the schedule of LCM and TCD is Stable Diffusion's where a file says nothing")
  func distilled() throws {
    for name in ["LCMScheduler", "TCDScheduler"] {
      let configuration = try Self.configuration("{\"_class_name\": \"\(name)\"}")
      #expect(configuration.schedule == NamedSchedule.scaledLinear.schedule())
      #expect(try configuration.sampler(steps: 4).plan.map(\.from.t) == [999, 759, 499, 259])
      #expect(throws: SamplerError.steps(51, limit: 50)) { try configuration.sampler(steps: 51) }
    }
  }

  @Test("no signal to begin with and ε to go by is refused") func noSignal() throws {
    let text = #""rescale_betas_zero_snr": true, "timestep_spacing": "trailing""#
    let configuration = try Self.configuration("DDIMScheduler", text)
    #expect(throws: SamplerError.noSignal(spacing: .trailing)) {
      try configuration.sampler(steps: 10)
    }
    let velocity = try Self.configuration(
      "DDIMScheduler", text + #", "prediction_type": "v_prediction""#)
    #expect(try velocity.sampler(steps: 10).plan[0].from.alphaCumprod == 0)
  }

  @Test("steps are bounded for every sampler", arguments: SamplerName.allCases)
  func steps(name: SamplerName) {
    for steps in [0, -1, 1001, Int.max] {
      #expect(throws: SamplerError.self) {
        try Self.configuration(Self.stableDiffusion).sampler(name, steps: steps)
      }
    }
  }
}

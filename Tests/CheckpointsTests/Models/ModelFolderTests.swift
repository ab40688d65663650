import Checkpoints
import Diagnostics
import Foundation
import JSON
import Tensors
import Testing
import TestSupport

@Suite("Model folders in diffusers' layout") struct ModelFolderTests {
  /// A folder of the tiny Stable Diffusion, with a tokenizer, changed by `change` and then opened.
  private func open(
    variant: String? = nil, _ change: (URL) throws -> Void = { _ in },
    then check: (ModelFiles) throws -> Void = { _ in }
  ) throws {
    try withTemporaryFolder { folder in
      let root = folder.appendingPathComponent("model")
      try Self.writeTokenizer(to: folder.appendingPathComponent("words"))
      var model = try ModelFiles.open(Repository.path("fixtures/golden/compvis/sd.ckpt"))
      model.tokenizer = folder.appendingPathComponent("words").path
      try model.write(to: root.path)
      try change(root)
      try check(ModelFiles.open(root.path, variant: variant))
    }
  }

  private static func writeTokenizer(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("{}".utf8).write(to: folder.appendingPathComponent("vocab.json"))
    try Data("#version: 0.2\n".utf8).write(to: folder.appendingPathComponent("merges.txt"))
  }

  private func replace(_ name: String, in root: URL, _ text: String) throws {
    try Data(text.utf8).write(to: root.appendingPathComponent(name))
  }

  @Test("what is written opens as the same model")
  func roundTrip() throws {
    let original = try ModelFiles.open(Repository.path("fixtures/golden/compvis/sd.ckpt"))
    try open(then: { model in
      let parts = [
        (model.unet, original.unet), (model.autoencoder, original.autoencoder),
        (model.textEncoder, original.textEncoder),
      ]
      for (read, written) in parts {
        let (read, written) = (try #require(read), try #require(written))
        #expect(read.className == written.className)
        for (key, setting) in try written.configuration.members() {
          #expect(try read.configuration[key].value == setting.value)
        }
        #expect(read.weights.names == written.weights.names)
        for name in read.weights.names {
          let tensor = try read.weights.tensor(named: name)
          #expect(tensor.maxAbsDifference(from: try written.weights.tensor(named: name)) == 0)
        }
      }
      // In what type transformers is to open what may be stored in half of it.
      #expect(try model.textEncoder?.configuration["dtype"].string() == "float32")
      #expect(try model.textEncoder?.configuration["torch_dtype"].string() == "float32")
      #expect(model.scheduler?.value == original.scheduler?.value)
      #expect(model.tokenizer?.hasSuffix("/tokenizer") == true)
    })
  }

  @Test("one network alone is written and opened as its own folder, at half size if wanted")
  func oneNetwork() throws {
    let model = try ModelFiles.open(Repository.path("fixtures/golden/compvis/vq-f8.ckpt"))
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("vq").path
      try model.write(to: path, as: .float16)
      let read = try ModelFiles.open(path)
      #expect(read.autoencoder?.className == "VQModel" && read.unet == nil)
      let name = "quantize.embedding.weight"
      #expect(read.autoencoder?.weights.info(name)?.elementType == .float16)
      #expect(
        try read.autoencoder?.weights.tensor(named: name).elements
          == model.autoencoder?.weights.tensor(named: name).elements)
    }
  }

  @Test("an existing folder is never replaced, and a failed write leaves nothing")
  func neverReplaces() throws {
    try withTemporaryFolder { folder in
      var model = try ModelFiles.open(Repository.path("fixtures/golden/compvis/sd.ckpt"))
      #expect(throws: FileError.self) { try model.write(to: folder.path) }
      model.tokenizer = "/nonexistent"
      let path = folder.appendingPathComponent("model").path
      #expect(throws: FileError.self) { try model.write(to: path) }
      let large = ModelComponent(
        className: "VQModel", configuration: JSONNode(.object([:]), file: "c"),
        weights: WeightTable(["x": Tensor([1], [1e6])]))
      var other = ModelFiles(path: "memory")
      other.autoencoder = large
      #expect(
        throws: CheckpointError.valueOutOfRange(
          file: path + "/diffusion_pytorch_model.safetensors", name: "x", type: "float16")
      ) { try other.write(to: path, as: .float16) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }

  @Test("an unknown class is refused by name")
  func unknownClass() throws {
    let index = #"{"unet": ["diffusers", "FluxTransformer2DModel"]}"#
    let error = #expect(throws: CheckpointError.self) {
      try open { try replace("model_index.json", in: $0, index) }
    }
    #expect(error?.description.contains("FluxTransformer2DModel") == true)
    let other = #"{"_class_name": "UNet3DConditionModel"}"#
    let own = #expect(throws: CheckpointError.self) {
      try open { try replace("unet/config.json", in: $0, other) }
    }
    #expect(own?.description.contains("UNet3DConditionModel") == true)
  }

  @Test(
    "an index that is not one",
    arguments: ["", "[]", #"{"unet": 1}"#, #"{"unet": ["diffusers"]}"#, #"{"vae": [1, 2]}"#])
  func badIndex(text: String) {
    let error = #expect(throws: (any Error).self) {
      try open { try replace("model_index.json", in: $0, text) }
    }
    #expect((error as? any PersonFacingError)?.exitStatus == .badData)
  }

  @Test("a part that is listed but missing is named; a part listed as null is done without")
  func missingParts() throws {
    for part in ["unet/config.json", "vae/diffusion_pytorch_model.safetensors", "scheduler"] {
      let error = #expect(throws: FileError.self) {
        try open { try FileManager.default.removeItem(at: $0.appendingPathComponent(part)) }
      }
      #expect(error?.description.contains(part) == true)
      #expect(error?.exitStatus == .missingInput)
    }
    try open {
      try replace("model_index.json", in: $0, #"{"unet": [null, null]}"#)
    } then: {
      #expect($0.unet == nil)
    }
  }

  /// Renames the U-Net's weights, or puts an index of another name beside them.
  private func rename(_ new: String, index: String? = nil) -> (URL) throws -> Void {
    { root in
      let unet = root.appendingPathComponent("unet")
      let old = unet.appendingPathComponent("diffusion_pytorch_model.safetensors").path
      if let index {
        let map = try SafetensorsFile(old).names.map { ($0, JSONValue.string(new)) }
        let text = JSONValue.object(["weight_map": .object(Dictionary(uniqueKeysWithValues: map))])
        try text.serialized.write(
          to: unet.appendingPathComponent(index), atomically: true, encoding: .utf8)
      }
      try FileManager.default.moveItem(
        atPath: old, toPath: unet.appendingPathComponent(new).path)
    }
  }

  @Test("the scheduler is of the class that its file names, else the index, and two names are told")
  func schedulerClass() throws {
    var told: [String] = []
    try heard(by: .notices { told.append($0) }) {
      for (settings, expected) in [
        (#"{"_class_name": "DDIMScheduler", "steps_offset": 1}"#, "DDIMScheduler"),
        (#"{"_class_name": "PNDMScheduler", "steps_offset": 1}"#, "PNDMScheduler"),
        (#"{"steps_offset": 1}"#, "PNDMScheduler"),
      ] {
        told = []
        try open { root in
          try replace("scheduler/scheduler_config.json", in: root, settings)
        } then: { model in
          let members = try #require(try model.scheduler?.members())
          #expect(members["_class_name"]?.value == .string(expected))
          #expect(members["steps_offset"]?.value == .integer(1))
        }
        #expect(
          told.contains { $0.contains("DDIMScheduler is taken") } == (expected == "DDIMScheduler"))
      }
    }
  }

  @Test("variants: the plain weights first, else fp16 or the only others, any other by name")
  func variants() throws {
    let stem = "diffusion_pytorch_model"
    for variant in ["fp16", "non_ema", "bf16"] {
      try open(rename("\(stem).\(variant).safetensors")) { #expect($0.unet != nil) }
      // Other parts have no such variant: their plain weights are taken.
      try open(variant: variant, rename("\(stem).\(variant).safetensors")) {
        #expect($0.unet != nil && $0.autoencoder != nil)
      }
    }
    let several = #expect(throws: CheckpointError.self) {
      try open { root in
        try rename("\(stem).non_ema.safetensors")(root)
        try Data([0]).write(to: root.appendingPathComponent("unet/\(stem).ema.safetensors"))
      }
    }
    #expect(several?.description.contains("ema, non_ema") == true)
    #expect(several?.description.contains("`variant`") == true)
    let error = #expect(throws: FileError.self) { try open(variant: "non_ema") }
    #expect(error?.description.contains("diffusion_pytorch_model.non_ema.safetensors") == true)
  }

  @Test(
    "variants in several files, under each name that an index has had",
    arguments: [
      ("fp16-00001-of-00001.safetensors", ".safetensors.index.fp16.json", "."),
      ("-00001-of-00001.fp16.safetensors", ".safetensors.fp16.index.json", ""),
      ("-00001-of-00001.safetensors", ".safetensors.index.json", ""),
    ])
  func shardedVariants(piece: String, index: String, dot: String) throws {
    let stem = "diffusion_pytorch_model"
    for variant in [nil, index.contains("fp16") ? "fp16" : nil] {
      try open(variant: variant, rename(stem + dot + piece, index: stem + index)) {
        #expect($0.unet?.weights.origin.hasSuffix(index) == true)
        #expect((try? $0.unet?.weights.tensor(named: "conv_in.weight"))?.shape == [4, 4, 3, 3])
      }
    }
  }

  @Test("a part that is not asked for is not looked at, whatever its class and its files")
  func parts() throws {
    try withTemporaryFolder { folder in
      let index = """
        {"unet": ["diffusers", "SD3Transformer2DModel"], "vae": ["diffusers", "AutoencoderKL"],
         "text_encoder": ["transformers", "CLIPTextModelWithProjection"],
         "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
         "_class_name": "StableDiffusion3Pipeline"}
        """
      try Data(index.utf8).write(to: folder.appendingPathComponent("model_index.json"))
      var model = try ModelFiles.open(Repository.path("fixtures/golden/compvis/sd.ckpt"))
      (model.unet, model.textEncoder, model.scheduler, model.tokenizer) = (nil, nil, nil, nil)
      try model.write(to: folder.appendingPathComponent("vae").path)
      let opened = try ModelFiles.open(folder.path, parts: [.autoencoder])
      #expect(opened.autoencoder != nil && opened.unet == nil)
      let error = #expect(throws: CheckpointError.self) { try ModelFiles.open(folder.path) }
      #expect(error?.description.contains("Stable Diffusion 3") == true)
      #expect(error?.description.contains("SD3Transformer2DModel") == true)
    }
  }

  @Test("a cache's folder opens the snapshot that it names, or says which there are")
  func cache() throws {
    try open { root in
      let files = FileManager.default
      let cache = root.deletingLastPathComponent().appendingPathComponent("models--a--b")
      let snapshots = cache.appendingPathComponent("snapshots")
      try files.createDirectory(at: snapshots, withIntermediateDirectories: true)
      try files.createDirectory(
        at: cache.appendingPathComponent("refs"), withIntermediateDirectories: true)
      try files.moveItem(at: root, to: snapshots.appendingPathComponent("abc"))
      defer { try? files.moveItem(at: snapshots.appendingPathComponent("abc"), to: root) }
      #expect(try ModelFiles.open(cache.path).path.hasSuffix("snapshots/abc"))
      try files.createDirectory(
        at: snapshots.appendingPathComponent("def"), withIntermediateDirectories: true)
      let several = #expect(throws: CheckpointError.self) { try ModelFiles.open(cache.path) }
      #expect(several?.description.contains("snapshots/abc, def") == true)
      let main = cache.appendingPathComponent("refs/main")
      try Data("abc\n".utf8).write(to: main)
      #expect(try ModelFiles.open(cache.path).unet != nil)
      for name in ["../../model", "ghi", "", String(repeating: "a", count: 300)] {
        try Data(name.utf8).write(to: main)
        #expect(throws: (any Error).self) { _ = try ModelFiles.open(cache.path) }
      }
      let top = #expect(throws: CheckpointError.self) {
        try ModelFiles.open(cache.deletingLastPathComponent().path)
      }
      #expect(top?.description.contains("models--a--b") == true)
    }
  }

  @Test("weights as a pickle are read where there are no others")
  func pickle() throws {
    try withTemporaryFolder { folder in
      try Data(#"{"_class_name": "AutoencoderKL"}"#.utf8)
        .write(to: folder.appendingPathComponent("config.json"))
      try FileManager.default.copyItem(
        atPath: Repository.path("fixtures/golden/torch-files/zip.ckpt"),
        toPath: folder.appendingPathComponent("diffusion_pytorch_model.bin").path)
      #expect(try ModelFiles.open(folder.path).autoencoder?.weights.names.count == 14)
    }
  }

  @Test("attention of early autoencoders gets its present names")
  func earlyNames() throws {
    try withTemporaryFolder { folder in
      try Data(#"{"_class_name": "AutoencoderKL"}"#.utf8)
        .write(to: folder.appendingPathComponent("config.json"))
      let old = "encoder.mid_block.attentions.0."
      let tensors = ["query", "key", "value", "proj_attn", "group_norm"]
        .reduce(into: [String: Tensor]()) { $0["\(old)\($1).weight"] = Tensor([1], [0]) }
      try SafetensorsFile.write(
        tensors, to: folder.appendingPathComponent("diffusion_pytorch_model.safetensors").path)
      let names = try ModelFiles.open(folder.path).autoencoder?.weights.names
      #expect(
        names == ["group_norm", "to_k", "to_out.0", "to_q", "to_v"].map { "\(old)\($0).weight" })
    }
  }
}

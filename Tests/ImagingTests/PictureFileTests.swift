import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Pictures as load_image reads them") struct PictureFileTests {
  /// fixtures/golden/pictures.json, made by pictures.py beside it.
  private struct Golden: Decodable {
    struct File: Decodable {
      var name: String
      var width: Int
      var height: Int
      var pixels: Data
      var orientation: Int
      var mask: [Float]?
    }
    var files: [File]
  }

  private let golden: Golden

  init() throws {
    let path = Repository.path("fixtures/golden/pictures.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: URL(filePath: path)))
  }

  private func read(_ name: String) throws -> PictureFile {
    try PictureFile.read(Repository.path("fixtures/golden/pictures/\(name)"))
  }

  @Test("every JPEG and PNG has Pillow's pixels, bit for bit, and stands upright")
  func pixels() throws {
    #expect(golden.files.count == 28)
    for file in golden.files {
      let picture = try read(file.name)
      #expect(picture.width == file.width && picture.height == file.height, "\(file.name)")
      #expect(picture.orientation.rawValue == file.orientation, "\(file.name)")
      let pixels = Data(Image(picture.tensor(.dropped)).pixels)
      #expect(pixels == file.pixels, "\(file.name)")
    }
  }

  @Test("a mask is its colour, whatever lies in its alpha")
  func masks() throws {
    for file in golden.files {
      guard let mask = file.mask else { continue }
      let seen = try read(file.name).tensor(.dropped).luminance.elements.map {
        $0 >= 0 ? Float(1) : 0
      }
      #expect(seen == mask, "\(file.name)")
    }
  }

  @Test("the person hears that a picture was turned, and what became of transparency")
  func notices() throws {
    let turned = try read("orientation-6.jpg").notices()
    #expect(turned.count == 1 && turned[0].contains("turned to the right"))
    let mask = try read("mask-white-rgba.png")
    #expect(mask.notices()[0].hasSuffix("transparent pixels are laid on white"))
    #expect(mask.notices(.dropped)[0].hasSuffix("its transparency is ignored, only colour counts"))
    #expect(try read("color-420.jpg").notices().isEmpty)
    #expect(try read("orientation-1.jpg").notices().isEmpty)
  }

  @Test("every truncated JPEG is a clear error", arguments: ["color-420.jpg", "progressive.jpg"])
  func truncated(name: String) throws {
    let whole = try Data(
      contentsOf: URL(filePath: Repository.path("fixtures/golden/pictures/\(name)")))
    for length in 0..<whole.count {
      #expect("\(length) bytes") {
        try PictureFile(whole.prefix(length), named: "cut.jpg")
      } throws: {
        $0 is any PersonFacingError
      }
    }
  }

  @Test("damaged JPEGs are pictures or clear errors")
  func damaged() async {
    await #expect(processExitsWith: .success) {
      let names = [
        "color-420", "progressive", "grey", "cmyk", "ycck", "restarts", "orientation-6",
      ]
      let corpus = try names.map { name in
        try [UInt8](
          Data(
            contentsOf: URL(filePath: Repository.path("fixtures/golden/pictures/\(name).jpg"))))
      }
      let markers: [[UInt8]] = (0xC0...0xFE).map { [0xFF, $0] }
      let tokens = markers + [Array("Exif\0\0II*\0".utf8), Array("MM\0*".utf8), [0x12, 0x01]]
      try Fuzzing.run(Mutator(corpus: corpus, tokens: tokens, seed: 14), cases: 4_000) {
        _ = try PictureFile(Data($0), named: "damaged.jpg").tensor()
      }
    }
  }

  @Test("damaged PNGs whose chunks have the right sums are pictures or clear errors")
  func damagedPNGs() async {
    await #expect(processExitsWith: .success) {
      let names = [
        "mask-black-grey-alpha", "mask-black-palette", "mask-black-rgba", "mask-turned",
        "orientation-6", "orientation-xmp",
      ]
      let corpus = try names.map { name in
        try [UInt8](
          Data(
            contentsOf: URL(filePath: Repository.path("fixtures/golden/pictures/\(name).png"))))
      }
      let chunks = ["IHDR", "IDAT", "PLTE", "tRNS", "gAMA", "iCCP", "sBIT", "eXIf", "IEND"]
      let tokens =
        chunks.map { Array($0.utf8) } + [[0x78, 0x9C], [16, 6], [1, 3], [0, 0, 0, 1]]
      try Fuzzing.run(Mutator(corpus: corpus, tokens: tokens, seed: 15), cases: 10_000) {
        _ = try PictureFile(PlainPNG.withRightSums($0), named: "damaged.png").tensor()
      }
    }
  }

  @Test("kinds of JPEG that are not read are named, with the command that converts them")
  func rareKinds() throws {
    var bytes = try Data(
      contentsOf: URL(filePath: Repository.path("fixtures/golden/pictures/color-444.jpg")))
    let frame = try #require(bytes.firstRange(of: Data([0xFF, 0xC0]))).lowerBound
    bytes[frame + 4] = 12
    let twelveBits = #expect(throws: ImageError.self) {
      try PictureFile(bytes, named: "scan 1.jpg")
    }
    #expect(twelveBits?.description.contains("precision 12") == true)
    #expect(twelveBits?.description.hasSuffix("convert 'scan 1.jpg' 'scan 1.png'") == true)
    bytes[frame + 4] = 8
    bytes[frame + 1] = 0xC3
    let lossless = #expect(throws: ImageError.self) { try PictureFile(bytes, named: "a.jpg") }
    #expect(lossless?.description.contains("SOF type 0xc3") == true)
  }

  @Test("more pixels than the limit, and more scans than encoders make, are refused")
  func bombs() throws {
    var large = try Data(
      contentsOf: URL(filePath: Repository.path("fixtures/golden/pictures/color-444.jpg")))
    let frame = try #require(large.firstRange(of: Data([0xFF, 0xC0]))).lowerBound
    large.replaceSubrange((frame + 5)..<(frame + 9), with: [0xEA, 0x60, 0xEA, 0x60])
    #expect(
      throws: ImageError.tooManyPixels(
        path: "huge.jpg", width: 60000, height: 60000, limit: PictureFile.pixelLimit)
    ) { try PictureFile(large, named: "huge.jpg") }

    let plain = try Data(
      contentsOf: URL(filePath: Repository.path("fixtures/golden/pictures/progressive.jpg")))
    let last = try #require(plain.lastRange(of: Data([0xFF, 0xDA]))).lowerBound
    let scan = plain[last..<(plain.count - 2)]
    let bomb = plain.dropLast(2) + Data((0..<200).flatMap { _ in scan }) + plain.suffix(2)
    let error = #expect(throws: ImageError.self) { try PictureFile(bomb, named: "bomb.jpg") }
    #expect(error?.description.contains("more passes") == true)
  }

  @Test("other formats are named, with the command that converts them")
  func otherFormats() {
    let zeros = String(repeating: "\0", count: 13)
    let cases: [(head: String, found: String, command: String?)] = [
      ("RIFF1234WEBPVP8 ", "a WebP image", "convert photo.x photo.png"),
      ("GIF89a", "a GIF image", "convert 'photo.x[0]' photo.png"),
      ("BM1234", "a BMP image", "convert photo.x photo.png"),
      ("II*\0", "a TIFF image", "convert 'photo.x[0]' photo.png"),
      ("\0\0\0\u{18}ftypheic", "a HEIC image", "heif-convert photo.x photo.png"),
      ("\0\0\0\u{18}ftypavif", "an AVIF image", "heif-convert photo.x photo.png"),
      ("\0\0\0\u{0c}JXL \r\n", "a JPEG XL image", "djxl photo.x photo.png"),
      ("%PDF-1.7", "a PDF document", "pdftoppm -png -singlefile photo.x photo"),
      ("\0\0\u{1}\0\u{2}\0" + zeros, "an icon (ICO)", "convert 'photo.x[0]' photo.png"),
      ("\0\0\u{2}" + zeros + "\u{18}\0", "a TGA image", "convert photo.x photo.png"),
      ("\0\0\u{2}" + zeros + "\u{7}\0", "something else", nil),
      ("<!DOCTYPE html>", "a web page", nil),
      ("hello, world", "something else", nil),
    ]
    for (head, found, command) in cases {
      #expect(
        throws: ImageError.notAPicture(path: "photo.x", found: found, conversion: command)
      ) { try PictureFile(Data(head.utf8), named: "photo.x") }
    }
    let misnamed = #expect(throws: ImageError.self) {
      try PictureFile(Data("RIFF1234WEBPVP8 ".utf8), named: "photo.png")
    }
    #expect(
      misnamed?.description
        == "photo.png: expected a PNG or JPEG image, found a WebP image; to convert it: "
        + "convert photo.png photo-converted.png")
    #expect(misnamed?.exitStatus == .badData)
  }

  @Test("Exif that is cut, circular or absurd leaves the picture as it is")
  func strangeExif() {
    let whole: [UInt8] =
      Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
    #expect(PictureOrientation(exif: whole) == .onItsRightSide)
    for length in 0..<whole.count - 2 {
      #expect(PictureOrientation(exif: Array(whole.prefix(length))) == .upright)
    }
    var far = whole
    far.replaceSubrange(10..<14, with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(PictureOrientation(exif: far) == .upright)
    var ninth = whole
    ninth[25] = 9
    #expect(PictureOrientation(exif: ninth) == .upright)
  }
}

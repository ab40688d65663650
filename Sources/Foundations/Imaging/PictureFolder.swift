import Diagnostics
import Foundation
import Tensors

/// The PNG and JPEG pictures of a folder and of the folders in it, kept small enough to hold them all.
///
/// A picture that cannot be read, or whose shorter side is too short, is named once and left out;
/// the others are used. Hidden files are passed over.
public struct PictureFolder: Sendable {
  /// A picture and where it was found.
  public struct Entry: Sendable {
    /// Its path within the folder.
    public let name: String
    /// 8-bit RGB, shrunk if it was larger than the folder's share allows.
    public let image: Image
  }

  /// The most pixels that all pictures together are kept with.
  public static let pixelBudget = 1 << 28
  /// The most pixels on the shorter side of a kept picture.
  public static let sideLimit = 1024

  /// In the order of their names.
  public let entries: [Entry]

  /// - Parameters:
  ///   - path: the folder.
  ///   - least: the fewest pixels on the shorter side of a picture that is of use.
  /// - Throws: `FileError` when there is nothing at `path`, `PictureFolderError` when it is no folder
  ///   or holds no picture of use.
  public init(reading path: String, least: Int) throws {
    let names = try Self.pictureNames(in: path)
    let share = Self.pixelBudget / max(names.count, 1)
    let side = min(Self.sideLimit, max(Int(Double(share).squareRoot()), least))
    entries = names.compactMap { name in
      let file = path + "/" + name
      do {
        let image = try PictureFile.read(file).image.rgb.shrunk(toShorterSide: side)
        guard min(image.width, image.height) >= least else {
          Notices.tell(
            "\(file): left out, \(image.width)×\(image.height) pixels are fewer than \(least) a side"
          )
          return nil
        }
        return Entry(name: name, image: image)
      } catch {
        Notices.tell("left out: \(error)")
        return nil
      }
    }
    guard !entries.isEmpty else {
      throw PictureFolderError.noPictures(path: path, least: least)
    }
  }

  /// A digest of all names and pixels: the same pictures give the same text.
  public var fingerprint: String {
    var hash = FNV1a()
    for entry in entries {
      hash.add(entry.name.utf8)
      hash.add(entry.image.pixels)
    }
    return String(hash.value, radix: 16)
  }

  /// The paths of pictures by what they are called, within `path` and sorted. How many other files
  /// there are is told in one notice.
  private static func pictureNames(in path: String) throws -> [String] {
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    guard manager.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.missing(path: path)
    }
    guard isFolder.boolValue, let walk = manager.enumerator(atPath: path) else {
      throw PictureFolderError.noFolder(path: path)
    }
    let files = walk.compactMap { $0 as? String }.filter { name in
      !name.split(separator: "/").contains { $0.hasPrefix(".") }
        && manager.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
        && !isFolder.boolValue
    }
    let pictures = files.filter {
      ["png", "jpg", "jpeg"].contains(($0 as NSString).pathExtension.lowercased())
    }
    let others = files.count - pictures.count
    if others > 0 {
      Notices.tell("\(path): \(others) of \(files.count) files are not called .png, .jpg or .jpeg")
    }
    return pictures.sorted()
  }
}

/// A folder of pictures that is none.
public enum PictureFolderError: PersonFacingError, Equatable {
  /// A file where a folder was expected.
  case noFolder(path: String)
  /// No picture with `least` pixels a side.
  case noPictures(path: String, least: Int)

  /// Bad data, 65.
  public var exitStatus: ExitStatus { .badData }

  /// The folder, what was expected and what was found, in one line.
  public var description: String {
    switch self {
    case .noFolder(let path): "\(path): expected a folder of pictures, found a file"
    case .noPictures(let path, let least):
      "\(path): expected PNG or JPEG pictures of \(least)×\(least) pixels or more, found none"
    }
  }
}

extension Image {
  /// The picture with at most `side` pixels on its shorter side, each the mean of the area it covers.
  func shrunk(toShorterSide side: Int) -> Image {
    let shorter = min(width, height)
    guard shorter > side else { return self }
    func scaled(_ length: Int) -> Int {
      max(Int((Double(length) * Double(side) / Double(shorter)).rounded()), 1)
    }
    return Image(tensor.resized(height: scaled(height), width: scaled(width), .area))
  }
}

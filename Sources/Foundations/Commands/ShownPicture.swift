import Imaging
import Pages
import Tensors

extension Picture {
  /// A picture at the size of a page: at most 256 pixels on its longer side.
  public init(shown image: Image) { self.init(png: PNG.data(of: image.shrunk(to: 256))) }

  /// The same of several pictures, which are packed on all threads.
  public static func shown(_ images: [Image]) -> [Picture] {
    Threads.map(images.count) { Picture(shown: images[$0]) }
  }
}

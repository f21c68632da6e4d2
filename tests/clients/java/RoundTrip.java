import esim.ApiClient;
import esim.model.ShownSubscription;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads an eSIM as the API answers it by the generated client, and writes it again. */
final class RoundTrip {
    private RoundTrip() {}

    public static void main(String[] arguments) throws Exception {
        var mapper = ApiClient.createDefaultObjectMapper();
        var esim = mapper.readValue(Files.readString(Path.of(arguments[0])), ShownSubscription.class);
        System.out.println(mapper.writeValueAsString(esim));
    }
}

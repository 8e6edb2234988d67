#include "tests/support/authority.h"

#include "tests/support/cmocka_herd.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { DAY_S = 86400 };

/* A certificate and its key. */
typedef struct {
    X509 *certificate;
    EVP_PKEY *key;
} identity_t;

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* A certificate that is not signed yet, good from two days ago until `until_s` from now. */
static identity_t draft(const char *name, long serial, long until_s)
{
    identity_t identity = {.certificate = X509_new(), .key = EVP_EC_gen("P-256")};
    assert_true(identity.certificate != NULL && identity.key != NULL);
    X509_set_version(identity.certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(identity.certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(identity.certificate), -2L * DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(identity.certificate), until_s);
    X509_set_pubkey(identity.certificate, identity.key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(identity.certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    return identity;
}

static void sign(const identity_t *identity, const identity_t *by)
{
    X509_set_issuer_name(identity->certificate, X509_get_subject_name(by->certificate));
    assert_true(X509_sign(identity->certificate, by->key, EVP_sha256()) > 0);
}

static identity_t new_authority(const char *name)
{
    identity_t authority = draft(name, 1, DAY_S);
    add_extension(authority.certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(authority.certificate, NID_key_usage, "critical,keyCertSign");
    sign(&authority, &authority);
    return authority;
}

static void free_identity(identity_t *identity)
{
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
}

static void write_certificate(const identity_t *identity, const char *path)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(PEM_write_X509(file, identity->certificate), 1);
    assert_int_equal(fclose(file), 0);
}

SSL_CTX *authority_server(authority_kind_t kind, const char *ca_file)
{
    static const char ours[] = "Authority of a test";
    identity_t known = new_authority(ours);
    identity_t unknown = new_authority(kind == AUTHORITY_FORGED ? ours : "Somebody else");
    bool is_ours = kind != AUTHORITY_OTHER_CA && kind != AUTHORITY_FORGED;
    identity_t server = draft("Server of a test", 2, kind == AUTHORITY_EXPIRED ? -DAY_S : DAY_S);
    add_extension(server.certificate, NID_subject_alt_name,
                  kind == AUTHORITY_OTHER_HOST ? "DNS:another.example"
                                               : "IP:127.0.0.1,DNS:localhost");
    sign(&server, is_ours ? &known : &unknown);
    write_certificate(&known, ca_file);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_non_null(context);
    assert_int_equal(SSL_CTX_use_certificate(context, server.certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, server.key), 1);
    free_identity(&server);
    free_identity(&unknown);
    free_identity(&known);
    return context;
}
